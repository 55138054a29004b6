// The voice ring: r(θ) = R + A · k · e(θ) · cos(nθ + φ), one closed path for each k from −1 to 1.
import "./VoiceRing.css";
import { useEffect, useRef, type ReactNode } from "react";

const RADIUS = 82;
const POINTS = 192;
const ATTACK = 0.08;
const RELEASE = 0.22;

export type RingState = "rest" | "listening" | "thinking" | "speaking" | "muted" | "lost";
/** waves: around the ring. turn: of the still ring, spin: of the moving one, in radians (a second). */
interface RingForm {
  waves: number;
  depth: number;
  lines: number;
  turn?: number;
  spin?: number;
  /** How far the ring follows the loudness. */
  follows?: number;
  swells?: number;
  dot?: boolean;
}

const FORMS: Record<RingState, RingForm> = {
  rest: { waves: 2, depth: 0.2, lines: 13, turn: Math.PI / 4 },
  listening: { waves: 4, depth: 0.1, lines: 7, spin: 0.25, follows: 0.08 },
  thinking: { waves: 16, depth: 0.03, lines: 5, dot: true },
  speaking: { waves: 8, depth: 0.04, lines: 11, spin: 0.18, follows: 0.25, swells: 0.6 },
  muted: { waves: 0, depth: 0, lines: 1 },
  lost: { waves: 16, depth: 0.03, lines: 5, dot: true },
};

// The envelope e(θ): two swells that go round against the wave, 1 − swells … 1.
const envelope = (form: RingForm, theta: number, phase: number) =>
  form.swells ? 1 - form.swells * (0.5 + 0.5 * Math.cos(2 * theta + 1.6 - phase / 5)) : 1;

function outline(form: RingForm, k: number, amplitude: number, phase: number) {
  let path = "";
  for (let step = 0; step < POINTS; step += 1) {
    const theta = (step / POINTS) * 2 * Math.PI;
    const radius = RADIUS * (1 + amplitude * k * envelope(form, theta, phase) * Math.cos(form.waves * theta + phase));
    path += `${step ? "L" : "M"}${(radius * Math.cos(theta)).toFixed(2)} ${(radius * Math.sin(theta)).toFixed(2)}`;
  }
  return `${path}Z`;
}

const depthOf = (form: RingForm, line: number) => (form.lines > 1 ? (2 * line) / (form.lines - 1) - 1 : 1);

export function VoiceRing({
  state,
  level,
  small,
  children,
}: {
  state: RingState;
  level?: () => number;
  small?: boolean;
  children?: ReactNode;
}) {
  const paths = useRef<(SVGPathElement | null)[]>([]);
  const lens = useRef<SVGPathElement>(null);
  const dot = useRef<SVGCircleElement>(null);
  const levelRef = useRef(level);
  levelRef.current = level;
  const form = FORMS[state];

  useEffect(() => {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const startTime = performance.now();
    let before = startTime;
    let loudness = 0;
    let frame = 0;
    const shape = (phase: number, amplitude: number) => {
      for (let line = 0; line < form.lines; line += 1) {
        paths.current[line]?.setAttribute("d", outline(form, depthOf(form, line), amplitude, phase));
      }
      lens.current?.setAttribute("d", outline(form, 1, amplitude, phase) + outline(form, -1, amplitude, phase));
    };
    const draw = (now: number) => {
      const elapsed = (now - startTime) / 1000;
      const passed = (now - before) / 1000;
      before = now;
      if (form.spin) {
        const target = levelRef.current ? levelRef.current() : 0;
        loudness += (target - loudness) * (1 - Math.exp(-passed / (target > loudness ? ATTACK : RELEASE)));
        shape(elapsed * form.spin * form.waves, form.depth + (form.follows ?? 0) * loudness);
      }
      if (form.dot) {
        const angle = (elapsed / 1.6) * 2 * Math.PI;
        dot.current?.setAttribute("cx", String(RADIUS * Math.sin(angle)));
        dot.current?.setAttribute("cy", String(-RADIUS * Math.cos(angle)));
      }
      frame = requestAnimationFrame(draw);
    };
    shape((form.turn || 0) * form.waves, form.depth + (calm ? 0.5 * (form.follows || 0) : 0));
    if (!calm && (form.spin || form.dot)) frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [form]);

  return (
    <div className={`voice-ring ${small ? "small" : ""} ${state === "muted" || state === "lost" ? "still" : ""}`}>
      <svg viewBox="-112 -112 224 224" aria-hidden="true">
        <defs>
          <linearGradient id="voice-ring-gradient" x1="-70" y1="-90" x2="80" y2="90" gradientUnits="userSpaceOnUse">
            <stop style={{ stopColor: "var(--ui-ring-1)" }} offset="0" />
            <stop style={{ stopColor: "var(--ui-ring-2)" }} offset=".5" />
            <stop style={{ stopColor: "var(--ui-ring-3)" }} offset="1" />
          </linearGradient>
        </defs>
        <path ref={lens} className="lens" fillRule="evenodd" />
        {Array.from({ length: form.lines }, (_, line) => {
          const edge = line === 0 || line === form.lines - 1;
          const depth = Math.abs(depthOf(form, line));
          return (
            <path
              key={`${state}-${line}`}
              ref={(node) => {
                paths.current[line] = node;
              }}
              className={edge ? "edge" : ""}
              opacity={edge ? 1 : 0.2 + 0.5 * depth}
            />
          );
        })}
        {form.dot && <circle ref={dot} className="dot" r="5" cy={-RADIUS} />}
      </svg>
      <div className="in">{children}</div>
    </div>
  );
}

// The voice ring, small, in two lines: r(θ) = R + A · k · cos(nθ + φ) for k = ±1. At rest it is the mark.
const POINTS = 180;
const RADIUS = 82;

const FORMS = {
  rest: { waves: 2, depth: 0.2, phase: Math.PI / 2 },
  listening: { waves: 3, depth: 0.13, phase: 0 },
  speaking: { waves: 4, depth: 0.19, phase: 0 },
};

interface Form {
  waves: number;
  depth: number;
  phase: number;
}

function outline({ waves, depth, phase }: Form, k: number) {
  let path = "";
  for (let step = 0; step < POINTS; step += 1) {
    const theta = (step / POINTS) * 2 * Math.PI;
    const radius = RADIUS * (1 + depth * k * Math.cos(waves * theta + phase));
    path += `${step ? "L" : "M"}${(radius * Math.cos(theta)).toFixed(1)} ${(radius * Math.sin(theta)).toFixed(1)}`;
  }
  return `${path}Z`;
}

const PATHS = Object.fromEntries(
  Object.entries(FORMS).map(([state, form]) => [state, [outline(form, 1), outline(form, -1)]]),
);

// state: rest (the mark), or listening, thinking, speaking: a call that is happening.
export function Mark({ size = 22, state = "rest" }: { size?: number; state?: string }) {
  const alive = state === "rest" ? "" : `${state} alive`;
  return (
    <svg
      className={`ui-ring ${alive}`}
      width={size}
      height={size}
      viewBox="-104 -104 208 208"
      strokeWidth={size < 40 ? 16 : 11}
      aria-hidden="true"
    >
      {state === "thinking" ? (
        <g>
          <circle className="base" r={RADIUS} />
          <circle className="dot" cy={-RADIUS} r="22" />
        </g>
      ) : (
        <g>
          <path className="lens" fillRule="evenodd" d={(PATHS[state] || PATHS.speaking).join("")} />
          {(PATHS[state] || PATHS.speaking).map((path) => (
            <path key={path} d={path} />
          ))}
        </g>
      )}
    </svg>
  );
}

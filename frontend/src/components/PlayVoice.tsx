// A button that plays a sentence in a voice.
import { useEffect, useRef, useState } from "react";
import { Play, Square } from "lucide-react";

type State = "silent" | "loading" | "playing" | "failed";

export function PlayVoice({ voice, className = "mid" }: { voice: string; className?: string }) {
  const [state, setState] = useState<State>("silent");
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => () => audio.current?.pause(), []);
  const active = state === "loading" || state === "playing";

  const toggle = () => {
    if (active) {
      audio.current?.pause();
      setState("silent");
      return;
    }
    setState("loading");
    audio.current?.play().catch(() => setState((now) => (now === "loading" ? "failed" : now)));
  };
  return (
    <>
      <button
        type="button"
        className={`ui-button surface ${className} ${state === "loading" ? "busy" : ""}`}
        onClick={toggle}
      >
        {active ? <Square size={16} /> : <Play size={16} />}
        {active ? "Stop" : "Play"}
      </button>
      <audio
        ref={audio}
        preload="none"
        src={`/api/setup/voices/${encodeURIComponent(voice || "default")}/sample`}
        onPlaying={() => setState("playing")}
        onEnded={() => setState("silent")}
      />
      <span className="ui-note" role="status">
        {state === "failed" && "We can't play this voice right now. Try again."}
      </span>
    </>
  );
}

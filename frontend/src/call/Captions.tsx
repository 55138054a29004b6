// What is said, as it is said.
import { useEffect, useRef, type UIEvent } from "react";
import { Mark } from "../components/Mark.tsx";
import { isInterrupted, unspoken, visibleCaptions, type CallCaption } from "./captions.ts";
import type { Call } from "./useCall.ts";

// Finished sentences go into the log, which a screen reader reads out once; the one being spoken stands below it.
export function Captions({ call, assistant }: { call: Call; assistant: string }) {
  const box = useRef<HTMLElement>(null);
  const follow = useRef(true);
  useEffect(() => {
    if (follow.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [call.captions]);
  const captions = visibleCaptions(call.captions);
  const final = captions.filter((caption) => caption.final);
  const open = captions.filter((caption) => !caption.final);
  const speaking = call.assistant === "speaking";
  const onScroll = ({ currentTarget: target }: UIEvent) => {
    follow.current = target.scrollHeight - target.scrollTop - target.clientHeight < 40;
  };
  return (
    <section className="call-caps" ref={box} onScroll={onScroll} tabIndex={0} aria-label="Live captions">
      <div>
        <div role="log">
          {final.map((caption, index) => (
            <Caption
              key={caption.id}
              caption={caption}
              assistant={assistant}
              now={!open.length && index === final.length - 1}
              speaking={speaking}
            />
          ))}
        </div>
        {open.map((caption) => (
          <Caption key={caption.id} caption={caption} assistant={assistant} speaking={speaking} now />
        ))}
      </div>
    </section>
  );
}

interface CaptionProps {
  caption: CallCaption;
  assistant: string;
  now: boolean;
  speaking: boolean;
}

function Caption({ caption, assistant, now, speaking }: CaptionProps) {
  const ours = caption.speaker === "assistant";
  const live = ours && now && speaking;
  const rest = unspoken(caption);
  return (
    <div
      className={`call-cap ${ours ? "ai" : ""} ${now ? "now" : ""} ${caption.final || ours ? "" : "interim"}`}
      data-speaker={caption.speaker}
      data-final={caption.final}
    >
      <div className="who">
        {live && <Mark size={14} state="speaking" />}
        {ours ? `${assistant}, AI` : "You"}
        {isInterrupted(caption) && <span className="call-note">Interrupted</span>}
      </div>
      <p>
        {rest ? caption.text.slice(0, -rest.length) : caption.text}
        {rest && <span className="rest">{rest}</span>}
      </p>
    </div>
  );
}

// After the call: how it ended, a rating, the transcript.
import { catalog } from "../generated/catalog.ts";
import { useState } from "react";
import { Phone, Star } from "lucide-react";
import { Business } from "./Business.tsx";
import { Callout, endedBadly, ending } from "./problems.tsx";
import { clock, inWords } from "./time.ts";
import { Mark } from "../components/Mark.tsx";
import type { PublicCampaign } from "../api/schema.ts";
import type { Call } from "./useCall.ts";

const STARS = ["", "bad", "poor", "fair", "good", "very good"];

export function After({ campaign, call, again }: { campaign: PublicCampaign; call: Call; again: () => void }) {
  const said = call.captions.filter((caption) => caption.text.trim());
  const bad = endedBadly(call.reason);
  const length = call.startedAt ? inWords((call.endedAt || Date.now()) - call.startedAt) : null;
  return (
    <main className="after">
      <header className="call-top">
        <Business campaign={campaign} />
        {length && <span className="ui-note">Call ended, {length}</span>}
      </header>
      <h1 className="lead" style={{ margin: "8px 0 6px" }}>
        {bad ? "The call has ended" : "Thank you for calling"}
      </h1>
      {bad ? (
        <Callout tone="amber">{ending(call.reason)}</Callout>
      ) : (
        ending(call.reason) && <p className="ui-muted">{ending(call.reason)}</p>
      )}
      {call.call && !bad && <Rating call={call} />}
      <div className="ui-row" style={{ margin: "22px 0 6px" }}>
        <h2 style={{ fontSize: 14, fontWeight: 600 }}>Transcript</h2>
      </div>
      {said.length ? (
        <div className="call-script" aria-label="Transcript">
          {said.map((caption) => (
            <div
              key={caption.id}
              className={`call-cap ${caption.speaker === "assistant" ? "ai" : ""}`}
              data-speaker={caption.speaker}
            >
              <div className="who">
                {caption.speaker === "assistant" ? `${campaign.assistant_name}, AI` : "You"}
                {caption.typed && !caption.final && " (not delivered)"}
                <time>{clock(Math.max(0, caption.at - (call.startedAt ?? 0)))}</time>
              </div>
              <p className="small">{caption.text}</p>
            </div>
          ))}
        </div>
      ) : (
        <p className="ui-muted">Nobody spoke on this call.</p>
      )}
      <div className="ui-grow" />
      <button type="button" className="ui-button solid mid wide" onClick={again}>
        <Phone size={16} />
        Call again
      </button>
      <div className="call-by">
        <Mark size={16} />
        Quantum Voice
      </div>
    </main>
  );
}

function Rating({ call }: { call: Call }) {
  const [stars, setStars] = useState(0);
  const [comment, setComment] = useState("");
  const [state, setState] = useState<"open" | "sending" | "sent" | "failed">("open");
  const send = async (count: number, words: string) => {
    setStars(count);
    setState("sending");
    try {
      await call.rate(count, words);
      setState("sent");
    } catch {
      setState("failed");
    }
  };
  return (
    <div style={{ marginTop: 20 }}>
      <div className="ui-row" style={{ marginBottom: 8 }}>
        <h2 id="call-rating" style={{ fontSize: 14, fontWeight: 600 }}>
          How was the call?
        </h2>
        <span className="ui-note" style={{ marginLeft: "auto" }} role="status">
          {state === "failed"
            ? "Couldn't save your rating. Try again."
            : state === "sent" && comment
              ? "Thanks for your feedback"
              : stars
                ? `${stars} of 5, ${STARS[stars]}`
                : ""}
        </span>
      </div>
      <div className="call-rate" role="group" aria-labelledby="call-rating">
        {[1, 2, 3, 4, 5].map((count) => (
          <button
            type="button"
            key={count}
            className={count <= stars ? "on" : ""}
            aria-pressed={count === stars}
            aria-label={`${count} of 5`}
            onClick={() => send(count, comment)}
          >
            <Star size={24} />
          </button>
        ))}
      </div>
      {stars > 0 && (
        <form
          className="ui-row"
          style={{ marginTop: 12 }}
          onSubmit={(event) => {
            event.preventDefault();
            send(stars, comment.trim());
          }}
        >
          <div className="ui-input ui-grow">
            <input
              value={comment}
              maxLength={catalog.maxLength.Rating.comment}
              placeholder="Anything to add? (optional)"
              aria-label="Comment (optional)"
              onChange={(event) => setComment(event.target.value)}
            />
          </div>
          <button type="submit" className="ui-button surface mid" disabled={state === "sending" || !comment.trim()}>
            Send
          </button>
        </form>
      )}
    </div>
  );
}

// How the call was: stars at once, words if somebody has some.
import { useState } from "react";
import { Star } from "lucide-react";
import { catalog } from "../generated/catalog.ts";
import type { Call } from "./useCall.ts";

const STARS = ["", "bad", "poor", "fair", "good", "very good"];

export function Rating({ call }: { call: Call }) {
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
  const starsText = stars ? `${stars} of 5, ${STARS[stars]}` : "";
  const thanks = state === "sent" && comment ? "Thanks for your feedback" : starsText;
  return (
    <section className="call-part">
      <div className="ui-row call-part-head">
        <h2 id="call-rating">How was the call?</h2>
        <span className="ui-note" role="status">
          {state === "failed" ? "Couldn't save your rating. Try again." : thanks}
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
          className="ui-row call-part-form"
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
    </section>
  );
}

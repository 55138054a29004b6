// What could not be loaded, with another try.
import type { Problem } from "../api/client.ts";
import { ErrorMessage } from "../components/ErrorMessage.tsx";

export function LoadError({ problem, retry }: { problem: Problem; retry: () => void }) {
  return (
    <div className="ui-fields">
      <ErrorMessage problem={problem} />
      <button type="button" className="ui-button surface" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

// What went wrong, where it belongs to no field.
import { CircleAlert, Clock } from "lucide-react";
import type { Problem } from "../api/client.ts";

export function ErrorMessage({ problem }: { problem: Problem }) {
  const limited = problem.status === 429;
  return (
    <div className={`ui-callout ${limited ? "amber" : "red"}`} role="alert">
      {limited ? <Clock size={16} /> : <CircleAlert size={16} />}
      <span>{problem.message}</span>
    </div>
  );
}

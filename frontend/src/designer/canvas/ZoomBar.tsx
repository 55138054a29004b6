// How near the canvas is, and where things lie.
import { Magnet, Maximize, Minus, Network, Plus } from "lucide-react";
import { useReactFlow, useStore as useCanvas } from "@xyflow/react";
import { useFlow } from "../state/context.ts";
import { useViewing } from "./viewing.ts";

export function ZoomBar({
  snap,
  setSnap,
  arrange,
}: {
  snap: boolean;
  setSnap: (snap: boolean) => void;
  arrange: () => void;
}) {
  const { zoomIn, zoomOut, zoomTo } = useReactFlow();
  const { fit, leave } = useViewing();
  const zoom = (change: () => unknown) => () => {
    leave();
    change();
  };
  const percent = useCanvas(({ transform }) => Math.round(transform[2] * 100));
  const canWrite = useFlow((state) => state.canWrite);
  return (
    <div className="editor-float editor-zoom" role="group" aria-label="View">
      <button type="button" className="ui-button ghost icon" aria-label="Zoom out" onClick={zoom(zoomOut)}>
        <Minus size={16} />
      </button>
      <button
        type="button"
        className="level"
        title="Zoom to 100%"
        aria-label={`Zoom ${percent}%. Zoom to 100%`}
        onClick={zoom(() => zoomTo(1))}
      >
        {percent}%
      </button>
      <button type="button" className="ui-button ghost icon" aria-label="Zoom in" onClick={zoom(zoomIn)}>
        <Plus size={16} />
      </button>
      <button type="button" className="ui-button ghost icon" aria-label="Fit" title="Fit (F)" onClick={() => fit()}>
        <Maximize size={16} />
      </button>
      {canWrite && (
        <button
          type="button"
          className="ui-button ghost icon"
          aria-label="Arrange"
          title="Arrange automatically (L)"
          onClick={arrange}
        >
          <Network size={16} />
        </button>
      )}
      {canWrite && (
        <button
          type="button"
          className={`ui-button ghost icon ${snap ? "on" : ""}`}
          aria-label="Snap to grid"
          title="Snap to grid"
          aria-pressed={snap}
          onClick={() => setSnap(!snap)}
        >
          <Magnet size={16} />
        </button>
      )}
    </div>
  );
}

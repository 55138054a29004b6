// The simulator's place beside the canvas.
export default function Simulator() {
  return <aside className="qv-sim" aria-label="Simulator" />;
}

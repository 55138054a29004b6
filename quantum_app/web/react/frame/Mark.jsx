// The mark: the voice ring at rest, two lines.
const POINTS = 180;

function outline(k) {
  let path = "";
  for (let step = 0; step < POINTS; step += 1) {
    const theta = (step / POINTS) * 2 * Math.PI;
    const radius = 82 * (1 + 0.2 * k * Math.cos(2 * theta + Math.PI / 2));
    path += `${step ? "L" : "M"}${(radius * Math.cos(theta)).toFixed(1)} ${(radius * Math.sin(theta)).toFixed(1)}`;
  }
  return `${path}Z`;
}

export function Mark({ size = 22 }) {
  return (
    <svg className="qv-ring" width={size} height={size} viewBox="-104 -104 208 208" strokeWidth="16" aria-hidden="true">
      <path d={outline(1)} />
      <path d={outline(-1)} />
    </svg>
  );
}

// Sound and its level. The context is made inside the tap that starts the call: phones play nothing otherwise.

export function openSound() {
  const context = new AudioContext({ latencyHint: "interactive" });
  context.resume();
  return context;
}

const RING_SECONDS = 0.4;
const RING_EVERY = 0.6;

// Two short rings, 400 and 450 Hz, as a telephone does: over when the assistant greets. Returns a function that silences them.
export function ringTwice(context: AudioContext) {
  const gain = context.createGain();
  gain.gain.value = 0;
  gain.connect(context.destination);
  const tones = [400, 450].map((frequency) => {
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start();
    return tone;
  });
  const start = context.currentTime + 0.05;
  for (const ring of [0, 1]) {
    const at = start + ring * RING_EVERY;
    gain.gain.setTargetAtTime(0.06, at, 0.02);
    gain.gain.setTargetAtTime(0, at + RING_SECONDS, 0.03);
  }
  const stop = () => {
    gain.gain.cancelScheduledValues(0);
    gain.gain.setTargetAtTime(0, context.currentTime, 0.03);
    for (const tone of tones) tone.stop(context.currentTime + 0.2);
  };
  tones[0].onended = () => gain.disconnect();
  for (const tone of tones) tone.stop(start + RING_EVERY + RING_SECONDS + 0.2);
  return stop;
}

// A function that gives the loudness of a track now, 0 to 1.
export function levelOf(context: AudioContext, mediaStreamTrack: MediaStreamTrack) {
  const source = context.createMediaStreamSource(new MediaStream([mediaStreamTrack]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return () => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    return Math.min(1, Math.sqrt(sum / samples.length) * 8);
  };
}

// A recording as the server takes it.

const RATE = 16000;

/** pieces: samples at `rate`. Gives 16 kHz, 16 bits, one channel. */
export async function wavOf(pieces: Float32Array<ArrayBuffer>[], rate: number): Promise<Blob> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0) || 1;
  const offline = new OfflineAudioContext(1, Math.ceil((length * RATE) / rate), RATE);
  const source = offline.createBufferSource();
  const buffer = offline.createBuffer(1, length, rate);
  pieces.forEach((piece, place) => buffer.copyToChannel(piece, 0, place * piece.length));
  source.buffer = buffer;
  source.connect(offline.destination);
  source.start();
  const samples = (await offline.startRendering()).getChannelData(0);
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const put = (at: number, letters: string) =>
    [...letters].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  put(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  put(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  put(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, place) => view.setInt16(44 + 2 * place, 32767 * Math.max(-1, Math.min(1, sample)), true));
  return new Blob([view], { type: "audio/wav" });
}

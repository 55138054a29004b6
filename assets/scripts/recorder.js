// Hands on what a microphone hears, piece by piece; runs where sound is made, beside the page.
const PIECE = 2048; // samples, sixteen of the browser's own

registerProcessor("qv-recorder", class extends AudioWorkletProcessor {
  piece = new Float32Array(PIECE);
  filled = 0;

  process([[samples]]) {
    if (!samples) return true;
    this.piece.set(samples, this.filled);
    this.filled = (this.filled + samples.length) % PIECE;
    if (!this.filled) this.port.postMessage(this.piece);
    return true;
  }
});

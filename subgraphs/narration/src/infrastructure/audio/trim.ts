/** Root mean square of full scale 1, of speech whose loudness has been evened: what is quieter is the room, or the silence that a speaker begins and ends with. */
const AUDIBLE = 0.005;
const FRAME_SECONDS = 0.01;
/** Left before and after what is heard: a first consonant begins, and a last one dies away, below what is audible. */
const LEAD_SECONDS = 0.05;
const TAIL_SECONDS = 0.1;

/**
 * Without the silence at both ends, of which flite makes half a second: captions are shown while somebody is heard, and pauses are as long as the narration
 * wants them. A view of the samples; all of them where nothing is heard.
 */
export function trim(samples: Float32Array, sampleRate: number): Float32Array {
  const frame = Math.max(1, Math.round(sampleRate * FRAME_SECONDS));
  let first = -1;
  let last = -1;
  for (let start = 0; start < samples.length; start += frame) {
    const piece = samples.subarray(start, start + frame);
    if (Math.sqrt(piece.reduce((sum, value) => sum + value ** 2, 0) / piece.length) < AUDIBLE) continue;
    if (first < 0) first = start;
    last = start + piece.length;
  }
  if (first < 0) return samples;
  const at = (seconds: number) => Math.round(seconds * sampleRate);
  return samples.subarray(Math.max(0, first - at(LEAD_SECONDS)), last + at(TAIL_SECONDS));
}

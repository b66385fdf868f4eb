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
  const frames = Math.ceil(samples.length / frame);
  let first = 0;
  while (first < frames && !isAudible(samples, first * frame, frame)) first += 1;
  if (first === frames) return samples;
  let last = frames - 1;
  while (!isAudible(samples, last * frame, frame)) last -= 1;
  const at = (seconds: number) => Math.round(seconds * sampleRate);
  return samples.subarray(Math.max(0, first * frame - at(LEAD_SECONDS)), (last + 1) * frame + at(TAIL_SECONDS));
}

function isAudible(samples: Float32Array, start: number, frame: number): boolean {
  const end = Math.min(samples.length, start + frame);
  let energy = 0;
  for (let i = start; i < end; i += 1) energy += (samples[i] as number) ** 2;
  return energy >= AUDIBLE ** 2 * (end - start);
}

import { Refusal } from '@storytelling/shared/value-objects/refusal';
import { sampleText } from '../domain/consent.js';
import { emotionNamed } from '../domain/emotion.js';
import { checkRecording } from '../domain/recording.js';
import { refuse } from '../domain/refusals.js';
import type { Emotion } from '../domain/speech-provider.js';
import type { Studio } from '../domain/studio.js';
import { isRecorded, recordSample, requireRecordable, type Voice, type VoiceId } from '../domain/voice.js';
import type { SentRecording, VoiceAudio, Voices } from '../domain/voices.js';
import type { Person } from './as-author.js';
import { asOwner, voiceId } from './as-owner.js';

export interface VoiceSampleInput {
  readonly voiceId: string;
  readonly uploadId: string;
  readonly emotion: string;
  readonly sampleText: string;
}

interface Ports {
  readonly voices: Voices;
  readonly audio: VoiceAudio;
  readonly studio: Pick<Studio, 'examine'>;
  /** A recording is 25 MB, and a few times that while it is looked at: some wait in line, and who finds the line full is told so. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Two minutes of sound are decoded in a second; whoever sends something on which that takes this long sends no recording. */
const longestLook = 60_000;

/** Takes a recording that was sent. Sent again, it is the same sample, and nothing is stored twice. Resolves to the sample's id. */
export const recordVoiceSample =
  (ports: Ports) =>
  async (by: Person, input: VoiceSampleInput): Promise<string> => {
    const { voices, audio } = ports;
    const id = voiceId(input.voiceId);
    const spoken = { emotion: emotionNamed(input.emotion), text: sampleText(input.sampleText) };
    // Nobody's recording is looked at for a voice that is not theirs; and nothing remote happens while a row is locked.
    const voice = asOwner(by, (own) => own)(await voices.find(id));
    const sent = audio.sent(by.id, id, input.uploadId);
    const sampleId = isRecorded(voice, sent.sampleId)
      ? await voices.record(
          id,
          sent.sampleId,
          asOwner(by, (own) => repeat(own, sent.sampleId)),
        )
      : await keep(ports, { by, id, voice, sent, spoken });
    await sent.used();
    return sampleId;
  };

/** An answer was lost, and the client asks again. */
function repeat(voice: Voice, sampleId: string): [] {
  if (!isRecorded(voice, sampleId)) throw refuse.VOICE_SAMPLE_NOT_FOUND(undefined, 'uploadId');
  return [];
}

async function keep(
  { voices, audio, studio, inTurn }: Ports,
  {
    by,
    id,
    voice,
    sent,
    spoken,
  }: {
    readonly by: Person;
    readonly id: VoiceId;
    readonly voice: Voice;
    readonly sent: SentRecording;
    readonly spoken: { readonly emotion: Emotion; readonly text: string };
  },
): Promise<string> {
  requireRecordable(voice);
  const { wav, measures } = await inTurn(async () => studio.examine(await sent.read(), AbortSignal.timeout(longestLook)));
  checkRecording(measures);
  const audioKey = await audio.putSample(by.id, id, sent.sampleId, wav);
  const sample = { id: sent.sampleId, ...spoken, duration: measures.durationSeconds, audioKey, bytes: wav.length, measures };
  try {
    return await voices.record(
      id,
      sample.id,
      asOwner(by, (locked) => recordSample(locked, sample)),
      sample,
    );
  } catch (error) {
    // It was deleted or is trained meanwhile: the sound of somebody's voice does not lie about until it is swept.
    if (error instanceof Refusal) await audio.remove([audioKey]);
    throw error;
  }
}

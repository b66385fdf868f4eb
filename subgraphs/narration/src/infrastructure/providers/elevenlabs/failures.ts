// What a failed call to ElevenLabs means for a line.

import { SpeechFailure, type SpeechFailureCode } from '../../../domain/speech-provider.js';

export interface Failed {
  readonly failure: SpeechFailure;
  /** Whether the call may have been carried out, and paid for, all the same. */
  readonly outcomeUnknown: boolean;
}

/** Only statuses, codes and request ids are kept: messages may quote the text or the key. */
export async function failed(error: unknown): Promise<Failed> {
  if (error instanceof SpeechFailure) return { failure: error, outcomeUnknown: false };
  const { ElevenLabsError } = await import('@elevenlabs/elevenlabs-js');
  if (!(error instanceof ElevenLabsError) || error.statusCode === undefined) {
    const detail = error instanceof Error ? error.name : 'unknown';
    return { failure: new SpeechFailure('SPEECH_PROVIDER_UNAVAILABLE', { detail }), outcomeUnknown: true };
  }
  const { statusCode: status } = error;
  const reason = reasonOf(error.body);
  const detail = ['HTTP', status, reason, requestId(error.rawResponse?.headers)].filter(Boolean).join(' ');
  const retryAfterSeconds = retryAfter(error.rawResponse?.headers.get('retry-after'));
  const failure = new SpeechFailure(codeOf(status, reason), { detail, ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }) });
  return { failure, outcomeUnknown: status === 408 || status >= 500 };
}

function codeOf(status: number, reason: string): SpeechFailureCode {
  if (status === 402 || /quota|credit|payment|voice_limit|subscription/u.test(reason)) return 'SPEECH_QUOTA_EXHAUSTED';
  if (/voice_not_found|voice_does_not_exist|invalid_voice/u.test(reason)) return 'SPEECH_VOICE_UNKNOWN';
  if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500) return 'SPEECH_PROVIDER_UNAVAILABLE';
  if ((status === 400 || status === 422) && !/model|api_key|permission|output_format/u.test(reason)) return 'SPEECH_PROVIDER_REFUSED';
  return 'SPEECH_PROVIDER_MISCONFIGURED';
}

/** `{detail: {status}}` is what it has always answered, `{detail: {code}}` what it answers more and more. */
function reasonOf(body: unknown): string {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : null;
  const reasons = typeof detail === 'object' && detail !== null ? detail : {};
  const reason = 'status' in reasons && typeof reasons.status === 'string' ? reasons.status : 'code' in reasons ? reasons.code : '';
  return typeof reason === 'string' && /^[\w.-]{1,64}$/u.test(reason) ? reason : '';
}

/** The SDK looks for `x-request-id`; what it answers is this. */
const requestId = (headers: { get(name: string): string | null } | undefined) =>
  headers?.get('request-id')?.match(/^[\w-]{1,64}$/u)?.[0] ?? '';

/** Seconds or a date, as HTTP has it. */
function retryAfter(value: string | null | undefined): number | null {
  if (!value) return null;
  const seconds = Number(value);
  const wanted = Number.isFinite(seconds) ? seconds : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isFinite(wanted) ? Math.max(0, wanted) : null;
}

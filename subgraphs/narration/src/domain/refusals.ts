import { defineRefusals, type RefusalEntry } from '@storytelling/shared/value-objects/refusal';

/** Everything this context refuses: code, kind, sentence. Codes are public and stay. */
export const narrationRefusals = {
  // Recordings
  VOICE_SAMPLE_UNREADABLE: {
    kind: 'BAD_USER_INPUT',
    sentence:
      'This is no recording that can be read here, whatever its name says; send WAV, MP3, Ogg (Opus) or WebM (Opus), and all of it.',
    field: 'uploadId',
  },
  VOICE_SAMPLE_TOO_LONG: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The recording is longer than {max} seconds; send a shorter one.',
    field: 'uploadId',
  },
  VOICE_SAMPLE_TOO_SHORT: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The recording is shorter than {min} second; record a sentence or two.',
    field: 'uploadId',
  },
  VOICE_SAMPLE_SILENT: {
    kind: 'BAD_USER_INPUT',
    sentence: 'Nobody is heard to speak in this recording; check the microphone and record it again.',
    field: 'uploadId',
  },
  VOICE_SAMPLE_BUSY: {
    kind: 'UNAVAILABLE',
    sentence: 'Too many recordings are being looked at in this moment; try again in a few seconds.',
  },
  // Voices
  VOICE_NOT_FOUND: { kind: 'NOT_FOUND', sentence: 'There is no such voice, or it is somebody else’s.', field: 'voiceId' },
  VOICE_LIMIT: { kind: 'CONFLICT', sentence: 'You have {max} voices, which is the most; delete one that you do not need.' },
  VOICE_PROVIDER_UNKNOWN: {
    kind: 'BAD_USER_INPUT',
    sentence: 'Voices cannot be trained by this provider here; choose one of {providers}.',
    field: 'provider',
  },
  VOICE_NAME_INVALID: { kind: 'BAD_USER_INPUT', sentence: 'Write 1 to {max} characters on one line.', field: 'name' },
  VOICE_TEXT_INVALID: { kind: 'BAD_USER_INPUT', sentence: 'Write 1 to {max} characters.', field: 'statement' },
  VOICE_BEING_TRAINED: {
    kind: 'CONFLICT',
    sentence: 'This voice is being trained; follow it by narratorVoiceUpdated, and do this afterwards.',
    field: 'voiceId',
  },
  VOICE_CONSENT_MISSING: {
    kind: 'CONFLICT',
    sentence: 'Nobody has agreed that this voice is trained; call recordVoiceConsent in the words of the person whose voice it is.',
    field: 'voiceId',
  },
  VOICE_SAMPLES_MISSING: {
    kind: 'CONFLICT',
    sentence: 'There is no recording to train this voice from; add one by recordVoiceSample.',
    field: 'voiceId',
  },
  VOICE_RECORDINGS_TOO_LONG: {
    kind: 'CONFLICT',
    sentence: 'A voice is recorded for at most {max} seconds in all; take a recording back first, or send a shorter one.',
    field: 'uploadId',
  },
  VOICE_SAMPLES_LIMIT: {
    kind: 'CONFLICT',
    sentence: 'This voice has {max} recordings, which is the most; remove one that no training has used.',
    field: 'voiceId',
  },
  VOICE_SAMPLE_NOT_FOUND: { kind: 'NOT_FOUND', sentence: 'This voice has no such recording.', field: 'sampleId' },
  VOICE_SAMPLE_LOCKED: {
    kind: 'CONFLICT',
    sentence: 'This voice was trained from this recording, which stays with it; withdrawVoiceConsent removes all of them.',
    field: 'sampleId',
  },
  VOICE_NOT_READY: {
    kind: 'CONFLICT',
    sentence: 'This voice cannot speak yet; train it first, or choose a ready-made one.',
    field: 'voiceId',
  },
  VOICE_LANGUAGE_UNSUPPORTED: {
    kind: 'BAD_USER_INPUT',
    sentence: 'This voice does not speak {language}, the language of the story; choose another voice.',
    field: 'voiceId',
  },
  EMAIL_NOT_VERIFIED: {
    kind: 'FORBIDDEN',
    sentence:
      'Verify your e-mail address before you use voices that cost something: give the token of our mail to verifyEmail, then refreshSession.',
  },
  // Narrations
  NARRATION_NOT_FOUND: {
    kind: 'NOT_FOUND',
    sentence: 'There is no such narration, or you may not hear it.',
    field: 'narrationId',
  },
  NARRATION_NOT_YOURS: {
    kind: 'FORBIDDEN',
    sentence: 'Only the author of the story may do this with its narration.',
    field: 'narrationId',
  },
  NARRATION_UPDATES_NOT_YOURS: {
    kind: 'FORBIDDEN',
    sentence: 'Only the author and moderators follow the work on a narration live.',
    field: 'id',
  },
  NARRATION_UNDER_WAY: {
    kind: 'CONFLICT',
    sentence: 'This narration is being worked on; follow it by narrationUpdated, or cancel it.',
    field: 'narrationId',
  },
  NARRATION_INCOMPLETE: {
    kind: 'CONFLICT',
    sentence: 'This narration is not complete; call resumeNarration first.',
    field: 'narrationId',
  },
  NARRATION_COMPLETE: { kind: 'CONFLICT', sentence: 'This narration is complete; there is nothing to go on with.', field: 'narrationId' },
  NARRATION_SEGMENT_NOT_FOUND: { kind: 'NOT_FOUND', sentence: 'This narration has no such segment.', field: 'segmentId' },
  NARRATED_STORY_NOT_FOUND: {
    kind: 'NOT_FOUND',
    sentence: 'There is no such story, or it is a draft of somebody else.',
    field: 'storyId',
  },
  NARRATED_STORY_NOT_YOURS: { kind: 'FORBIDDEN', sentence: 'Only the author may have a story narrated.', field: 'storyId' },
  NARRATED_STORY_NOT_ANALYZED: {
    kind: 'CONFLICT',
    sentence: 'Only an analyzed text can be narrated; call analyzeStory first.',
    field: 'storyId',
  },
  NARRATED_STORY_ARCHIVED: { kind: 'CONFLICT', sentence: 'An archived story is not narrated.', field: 'storyId' },
  NARRATION_SCRIPT_GONE: {
    kind: 'CONFLICT',
    sentence: 'The script of this story cannot be read any more; analyze the story again.',
    field: 'storyId',
  },
  AUDIO_FORMAT_UNSUPPORTED: { kind: 'BAD_USER_INPUT', sentence: 'The audioFormat is one of {formats}.', field: 'audioFormat' },
  CAST_TOO_LARGE: { kind: 'BAD_USER_INPUT', sentence: 'At most {max} characters can be cast.', field: 'cast' },
  CAST_CHARACTER_UNKNOWN: {
    kind: 'BAD_USER_INPUT',
    sentence: 'The cast names a character that is not in the script of this story.',
    field: 'cast.characterId',
  },
  CAST_CHARACTER_TWICE: { kind: 'BAD_USER_INPUT', sentence: 'The cast names a character twice.', field: 'cast.characterId' },
  EMOTION_UNKNOWN: { kind: 'BAD_USER_INPUT', sentence: 'The emotion is one of {emotions}.', field: 'emotion' },
  SEGMENT_TEXT_EMPTY: { kind: 'BAD_USER_INPUT', sentence: 'The text is empty; leave it out to keep the present one.', field: 'text' },
  SEGMENT_TEXT_TOO_LONG: { kind: 'BAD_USER_INPUT', sentence: 'The text has more than {max} characters; shorten it.', field: 'text' },
  REGENERATION_CHANGES_NOTHING: {
    kind: 'BAD_USER_INPUT',
    sentence: 'Say what is to be different: another emotion, text or voiceId.',
  },
} as const satisfies Record<string, RefusalEntry>;

export const refuse = defineRefusals(narrationRefusals);

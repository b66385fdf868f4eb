import { connectionTypes } from '@storytelling/shared/graphql/connection';
import { FailureType, ProgressType } from '@storytelling/shared/graphql/progress';
import { Directive, Field, Float, ID, ObjectType, registerEnumType } from 'type-graphql';

export enum TrainingStatus {
  PENDING = 'pending',
  COLLECTING = 'collecting',
  TRAINING = 'training',
  READY = 'ready',
  FAILED = 'failed',
}
registerEnumType(TrainingStatus, {
  name: 'TrainingStatus',
  description: 'How far a voice has come.',
  valuesConfig: {
    PENDING: { description: 'Nothing has been recorded.' },
    COLLECTING: { description: 'There are recordings that it can be trained from.' },
    TRAINING: { description: 'It is being trained; meanwhile it cannot speak.' },
    READY: { description: 'It can speak. Recordings that came after its training count with the next one.' },
    FAILED: { description: 'The last training was given up (see failure); it can be asked for again.' },
  },
});

export enum VoiceKind {
  CLONE = 'clone',
  PROFILE = 'profile',
  READY_MADE = 'ready-made',
}
registerEnumType(VoiceKind, {
  name: 'VoiceKind',
  description: 'What a voice is, honestly.',
  valuesConfig: {
    CLONE: { description: 'A copy of somebody’s voice, once it is trained.' },
    PROFILE: {
      description: 'No copy: a voice of the provider that is set to the pitch and the liveliness measured in somebody’s recordings.',
    },
    READY_MADE: { description: 'A voice that a provider has for everybody.' },
  },
});

/** Defined by identity; this context adds the voices. */
@Directive('@key(fields: "id")')
@ObjectType('User', { description: 'Somebody with an account.' })
export class UserType {
  @Field(() => ID, { description: 'Id of the user.' })
  id!: string;
}

@ObjectType('VoiceConsent', { description: 'That a voice may be trained: a voice is biometric.' })
export class VoiceConsentType {
  @Field(() => String, { description: 'Whose voice it is.' })
  speaker!: string | null;

  @Field(() => String, { description: 'The words in which they agreed.' })
  statement!: string | null;

  @Field(() => Date, { description: 'When that was recorded.' })
  recordedAt!: Date;
}

@ObjectType('VoiceMeasures', { description: 'What was measured of a recording. Levels are in dBFS: 0 is the loudest that can be stored.' })
export class VoiceMeasuresType {
  @Field(() => Float, { description: 'Seconds in which somebody speaks.' })
  speechSeconds!: number;

  @Field(() => Float, { description: 'Mean level of the speech; between -30 and -10 is well recorded.' })
  speechLevel!: number;

  @Field(() => Float, { description: 'Level between the words; the further below the speech, the better.' })
  noiseLevel!: number;

  @Field(() => Float, { description: 'Level of the loudest moment.' })
  peakLevel!: number;

  @Field(() => Float, { description: 'Share that is too loud and was cut off, 0 to 1.' })
  clipped!: number;

  @Field(() => Float, { nullable: true, description: 'Median pitch in Hz; null: none was found.' })
  pitch!: number | null;
}

@ObjectType('VoiceSample', { description: 'One recording of a voice.' })
export class VoiceSampleType {
  @Field(() => ID, { description: 'Id of the recording.' })
  id!: string;

  @Field(() => String, { description: 'neutral, joy, sadness, fear, anger, surprise, disgust, love, hope, pride, shame or calm.' })
  emotion!: string;

  @Field(() => String, { description: 'What is said in it.' })
  sampleText!: string;

  @Field(() => Float, { description: 'How long it plays.' })
  durationSeconds!: number;

  @Field(() => Boolean, { description: 'Whether a training has used it: then it stays as it is.' })
  isLocked!: boolean;

  @Field(() => VoiceMeasuresType, { description: 'What was measured of it; the quality of a voice follows from this.' })
  measures!: VoiceMeasuresType;

  @Field(() => Date, { description: 'When it was taken.' })
  createdAt!: Date;
}

@Directive('@key(fields: "id")')
@ObjectType('NarratorVoice', {
  description:
    'A voice that stories can be read in: one that a provider has ready for everybody, or one of your own, which nobody else sees.',
})
export class NarratorVoiceType {
  @Field(() => ID, { description: 'Id of the voice.' })
  id!: string;

  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => String, { description: 'Who speaks in it: local or elevenlabs.' })
  provider!: string;

  @Field(() => VoiceKind, { description: 'What it is, honestly: a copy of a voice, a profile of one, or neither.' })
  kind!: VoiceKind | `${VoiceKind}`;

  @Field(() => String, { description: 'The language of its recordings, or the one that it speaks best (BCP 47).' })
  language!: string;

  @Field(() => String, { nullable: true, description: 'How a ready-made voice sounds, in one sentence.' })
  description!: string | null;

  @Field(() => TrainingStatus, { description: 'How far it has come; a ready-made voice is READY.' })
  trainingStatus!: TrainingStatus | `${TrainingStatus}`;

  @Field(() => FailureType, { nullable: true, description: 'Why its last training failed.' })
  failure!: FailureType | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'How good the recordings were that it was trained from, 0 to 1: measured of their length, level, noise, clipping and emotions.',
  })
  qualityScore!: number | null;

  @Field(() => Boolean, { description: 'Whether its provider has it no longer: it is not offered any more.' })
  isRetired!: boolean;

  @Field(() => Date, { nullable: true, description: 'When it was begun; null for a ready-made voice.' })
  createdAt!: Date | null;
}

@ObjectType('NarratorVoiceUpdate', { description: 'Something happened to a voice.' })
export class NarratorVoiceUpdateType {
  @Field(() => String, { description: 'Where this is in the voice’s stream; give it as `after` to go on from here.' })
  cursor!: string;

  @Field(() => Date, { description: 'When it happened.' })
  occurredAt!: Date;

  @Field(() => String, { description: 'What happened: the name of the event, such as VoiceProfileTrained.' })
  eventType!: string;

  @Field(() => ProgressType, { nullable: true, description: 'How far the training has come, if that is what happened.' })
  progress!: ProgressType | null;

  voiceId!: string;
}

export const NarratorVoiceConnection = connectionTypes('NarratorVoice', () => NarratorVoiceType);

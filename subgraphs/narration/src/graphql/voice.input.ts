import { idempotencyKey } from '@storytelling/shared/graphql/idempotency-key';
import { Field, ID, InputType, Int } from 'type-graphql';

const ofYours = 'Id of a voice of yours.';

@InputType({ description: 'A new voice of your own.' })
export class CreateNarratorVoiceInput {
  @Field(() => String, { description: 'Its name, 1 to 200 characters on one line.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Who trains it: local (if not given), or elevenlabs where that is set up.' })
  provider?: string | null;

  @Field(() => String, { nullable: true, description: 'The language of its recordings (BCP 47), en if not given.' })
  language?: string | null;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A recording that you are going to send, and of which voice.' })
export class VoiceSampleUploadInput {
  @Field(() => ID, { description: ofYours })
  voiceId!: string;

  @Field(() => String, { description: 'Its type: audio/wav, audio/mpeg, audio/ogg or audio/webm.' })
  contentType!: string;

  @Field(() => Int, { description: 'Its size in bytes, exactly; at most 25 MB (26,214,400).' })
  sizeBytes!: number;
}

@InputType({ description: 'A recording that was sent, and what is heard in it.' })
export class RecordVoiceSampleInput {
  @Field(() => ID, { description: ofYours })
  voiceId!: string;

  @Field(() => ID, {
    description: 'The id of an upload that requestVoiceSampleUpload gave you for this voice, after its bytes were sent: 1 to 120 seconds.',
  })
  uploadId!: string;

  @Field(() => String, { description: 'neutral, joy, sadness, fear, anger, surprise, disgust, love, hope, pride, shame or calm.' })
  emotion!: string;

  @Field(() => String, { description: 'What is said, 1 to 3,000 characters.' })
  sampleText!: string;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which recording to take back.' })
export class RemoveVoiceSampleInput {
  @Field(() => ID, { description: ofYours })
  voiceId!: string;

  @Field(() => ID, { description: 'Id of a recording of it that no training has used.' })
  sampleId!: string;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Whose voice it is, and that they agree. You answer for it.' })
export class VoiceConsentInput {
  @Field(() => ID, { description: ofYours })
  voiceId!: string;

  @Field(() => String, { description: 'Name of the person who is heard in the recordings, 1 to 200 characters on one line.' })
  speaker!: string;

  @Field(() => String, { description: 'The words in which they agree that their voice is trained and used, 1 to 2,000 characters.' })
  statement!: string;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Of which voice the consent is taken back.' })
export class WithdrawVoiceConsentInput {
  @Field(() => ID, { description: ofYours })
  voiceId!: string;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which voice to train.' })
export class TrainNarratorVoiceInput {
  @Field(() => ID, { description: ofYours })
  voiceId!: string;

  @Field(() => ID, { nullable: true, description: idempotencyKey })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which voice to delete.' })
export class DeleteNarratorVoiceInput {
  @Field(() => ID, { description: ofYours })
  voiceId!: string;
}

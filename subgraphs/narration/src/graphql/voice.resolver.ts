import { type Connection, connectionOf, PageArgs, pageOf } from '@storytelling/shared/graphql/connection';
import { MediaType, UploadType, uploadType } from '@storytelling/shared/graphql/media';
import { ProgressType } from '@storytelling/shared/graphql/progress';
import { timeKey, timeKeyOf } from '@storytelling/shared/graphql/time-key';
import { once } from '@storytelling/shared/infrastructure/idempotency';
import { language } from '@storytelling/shared/value-objects/language';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { refuse } from '../domain/refusals.js';
import { voiceStream } from '../domain/voice.js';
import type { SampleView, VoiceView } from '../infrastructure/voice-queries.js';
import { changedVoice, type NarrationGraph, personOf, sound } from './context.js';
import {
  CreateNarratorVoiceInput,
  DeleteNarratorVoiceInput,
  RecordVoiceSampleInput,
  RemoveVoiceSampleInput,
  TrainNarratorVoiceInput,
  VoiceConsentInput,
  VoiceSampleUploadInput,
  WithdrawVoiceConsentInput,
} from './voice.input.js';
import { NarratorVoiceConnection, NarratorVoiceType, UserType, VoiceConsentType, VoiceSampleType } from './voice.type.js';

const voiceKey = (key: unknown) => {
  const read = timeKey(key);
  return read && { createdAt: read.at, id: read.id };
};

@Resolver(() => NarratorVoiceType)
export class VoiceResolver {
  @Query(() => NarratorVoiceType, { nullable: true, description: 'A ready-made voice, or one of yours; null if there is none.' })
  narratorVoice(@Arg('id', () => ID) id: string, @Ctx() { voices }: NarrationGraph): Promise<VoiceView | null> {
    return voices.voice.load(id);
  }

  @Query(() => [NarratorVoiceType], {
    nullable: true,
    description: 'Voices that providers have ready for everybody, by provider, each one’s in its own order.',
  })
  readyMadeVoices(
    @Arg('provider', () => String, { nullable: true, description: 'Only of this provider: local or elevenlabs.' }) provider:
      | string
      | null
      | undefined,
    @Arg('language', () => String, { nullable: true, description: 'Only of this language (BCP 47); en finds en-GB, too.' }) spoken:
      | string
      | null
      | undefined,
    @Ctx() { voices }: NarrationGraph,
  ): Promise<VoiceView[]> {
    return voices.readyMade({ provider, language: typeof spoken === 'string' ? language(spoken) : null });
  }

  @Mutation(() => NarratorVoiceType, { description: 'Begins a voice of your own; at most 20.' })
  async createNarratorVoice(
    @Arg('input', () => CreateNarratorVoiceInput) input: CreateNarratorVoiceInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<VoiceView> {
    const person = personOf(graph);
    const { id } = await once('createNarratorVoice', input, () => graph.verbs.createNarratorVoice(person, input));
    return changedVoice(id, graph);
  }

  @Mutation(() => UploadType, {
    description: 'A place for one recording of a voice of yours; then give its id to recordVoiceSample.',
  })
  async requestVoiceSampleUpload(
    @Arg('input', () => VoiceSampleUploadInput) input: VoiceSampleUploadInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<UploadType> {
    return uploadType(await graph.verbs.requestVoiceSampleUpload(personOf(graph), input));
  }

  @Mutation(() => VoiceSampleType, {
    description: 'Takes a recording that was sent: 1 to 120 seconds in which somebody is heard. A voice has at most 50. Safe to repeat.',
  })
  async recordVoiceSample(
    @Arg('input', () => RecordVoiceSampleInput) input: RecordVoiceSampleInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<SampleView> {
    const person = personOf(graph);
    const { id } = await once('recordVoiceSample', input, () => graph.verbs.recordVoiceSample(person, input));
    const samples = await graph.voices.samples.load(await changedVoice(input.voiceId, graph));
    const sample = samples.find((one) => one.id === id);
    // Taken back since.
    if (!sample) throw refuse.VOICE_SAMPLE_NOT_FOUND(undefined, 'uploadId');
    return sample;
  }

  @Mutation(() => NarratorVoiceType, { description: 'Takes a recording back that no training has used.' })
  async removeVoiceSample(
    @Arg('input', () => RemoveVoiceSampleInput) input: RemoveVoiceSampleInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<VoiceView> {
    const person = personOf(graph);
    const { id } = await once('removeVoiceSample', input, () => graph.verbs.removeVoiceSample(person, input));
    return changedVoice(id, graph);
  }

  @Mutation(() => NarratorVoiceType, { description: 'Records whose voice it is and that they agree: nothing is trained without.' })
  async recordVoiceConsent(
    @Arg('input', () => VoiceConsentInput) input: VoiceConsentInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<VoiceView> {
    const person = personOf(graph);
    const { id } = await once('recordVoiceConsent', input, () => graph.verbs.recordVoiceConsent(person, input));
    return changedVoice(id, graph);
  }

  @Mutation(() => NarratorVoiceType, {
    description: 'Takes the consent back: the recordings are deleted, and whatever was trained of them, here and at the provider.',
  })
  async withdrawVoiceConsent(
    @Arg('input', () => WithdrawVoiceConsentInput) input: WithdrawVoiceConsentInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<VoiceView> {
    const person = personOf(graph);
    const { id } = await once('withdrawVoiceConsent', input, () => graph.verbs.withdrawVoiceConsent(person, input));
    return changedVoice(id, graph);
  }

  @Mutation(() => NarratorVoiceType, { description: 'Has a voice trained from all its recordings; follow it by narratorVoiceUpdated.' })
  async trainNarratorVoice(
    @Arg('input', () => TrainNarratorVoiceInput) input: TrainNarratorVoiceInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<VoiceView> {
    const person = personOf(graph);
    const { id } = await once('trainNarratorVoice', input, () => graph.verbs.trainNarratorVoice(person, input));
    return changedVoice(id, graph);
  }

  @Mutation(() => Boolean, {
    description:
      'Deletes a voice of yours for good, with its recordings and what was trained of them, here and at the provider. Safe to repeat.',
  })
  async deleteNarratorVoice(
    @Arg('input', () => DeleteNarratorVoiceInput) input: DeleteNarratorVoiceInput,
    @Ctx() graph: NarrationGraph,
  ): Promise<boolean> {
    graph.voices.voice.clear(await graph.verbs.deleteNarratorVoice(personOf(graph), input));
    return true;
  }

  @FieldResolver(() => UserType, { nullable: true, description: 'Whose voice it is to use; null for a ready-made voice.' })
  owner(@Root() { ownerId }: VoiceView): UserType | null {
    return ownerId === null ? null : { id: ownerId };
  }

  @FieldResolver(() => ProgressType, { nullable: true, description: 'How far its training has come, while there is one.' })
  progress(@Root() { training }: VoiceView): ProgressType | null {
    return training && (training.progress ?? { stage: 'waiting', done: 0, total: 1 });
  }

  @FieldResolver(() => VoiceConsentType, {
    nullable: true,
    description: 'That it may be trained; null: nobody has agreed, or not any more.',
  })
  consent(@Root() { consent }: VoiceView): VoiceConsentType | null {
    return consent && { speaker: consent.speaker, statement: consent.statement, recordedAt: new Date(consent.at) };
  }

  @FieldResolver(() => [VoiceSampleType], { description: 'Its recordings, oldest first; at most 50.' })
  async samples(@Root() voice: VoiceView, @Ctx() { voices }: NarrationGraph): Promise<SampleView[]> {
    return voice.ownerId === null ? [] : voices.samples.load(voice);
  }

  @FieldResolver(() => MediaType, {
    nullable: true,
    description:
      'A line that it speaks, MP3. A ready-made voice says it when this is first asked for: that may take 3 s. null: it cannot speak yet, or needs longer; ask again.',
  })
  async preview(@Root() voice: VoiceView, @Ctx() { media, voices }: NarrationGraph): Promise<MediaType | null> {
    const { ownerId, previewKey, isRetired } = voice;
    const isToBeMade = previewKey === null && ownerId === null && !isRetired;
    return sound(media, { key: isToBeMade ? await voices.preview.load(voice) : previewKey, bytes: null, seconds: null });
  }

  @FieldResolver(() => String, { description: 'Where the voice’s stream of updates is now; subscribe with it as `after` to miss nothing.' })
  cursor(@Root() { id, streamVersion }: VoiceView, @Ctx() { streams }: NarrationGraph): string {
    return streams.cursorAt(voiceStream(id).id, streamVersion);
  }
}

@Resolver(() => VoiceSampleType)
export class VoiceSampleResolver {
  @FieldResolver(() => MediaType, { nullable: true, description: 'The recording as it was kept: WAV, mono.' })
  media(@Root() { audioKey, bytes, durationSeconds }: SampleView, @Ctx() { media }: NarrationGraph): Promise<MediaType | null> {
    return sound(media, { key: audioKey, bytes, seconds: durationSeconds });
  }
}

@Resolver(() => UserType)
export class VoiceOwnerResolver {
  @FieldResolver(() => NarratorVoiceConnection, { nullable: true, description: 'Voices of your own, newest first; null for anybody else.' })
  async narratorVoices(
    @Root() { id }: UserType,
    @Args(() => PageArgs) args: PageArgs,
    @Ctx() { voices }: NarrationGraph,
  ): Promise<Connection<VoiceView> | null> {
    const page = pageOf(args, voiceKey);
    const slice = await voices.voicesOfUser(id, page);
    return slice && connectionOf(page, slice, ({ createdAt, id: voice }) => timeKeyOf(createdAt ?? new Date(0), voice));
  }
}

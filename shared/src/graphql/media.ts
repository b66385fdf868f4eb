import { Directive, Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';

@Directive('@shareable')
@ObjectType('Media', { description: 'A picture, a sound, a film or a file, behind a URL that whoever has it may use for a while.' })
export class MediaType {
  @Field(() => String, { description: 'GET it without a token; ranges are answered. Ask again for a new one when it has expired.' })
  url!: string;

  @Field(() => Date, { description: 'Until when the URL works: one to two hours from now.' })
  expiresAt!: Date;

  @Field(() => String, { description: 'Its type, such as image/webp.' })
  contentType!: string;

  @Field(() => Int, { nullable: true, description: 'Its size, where it is known without looking.' })
  sizeBytes?: number | null;

  @Field(() => Float, { nullable: true, description: 'How long it plays.' })
  durationSeconds?: number | null;
}

@Directive('@shareable')
@ObjectType('Header', { description: 'A header of an HTTP request.' })
export class HeaderType {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => String, { description: 'Its value.' })
  value!: string;
}

@Directive('@shareable')
@ObjectType('Upload', {
  description:
    'A place for one file. Send the bytes to `url` with `method` and `headers`, as many as you announced, then name `id` in the mutation that uses them, within an hour.',
})
export class UploadType {
  @Field(() => ID, { description: 'To be named in the mutation that uses the file; good for you and for that purpose.' })
  id!: string;

  @Field(() => String, { description: 'Where to send the bytes, once; no token is needed.' })
  url!: string;

  @Field(() => String, { description: 'The method of the request, PUT.' })
  method!: string;

  @Field(() => [HeaderType], { description: 'Headers to be sent with it, exactly so.' })
  headers!: HeaderType[];

  @Field(() => Int, { description: 'The size that you announced: the file has exactly so many bytes.' })
  maxBytes!: number;

  @Field(() => Date, { description: 'Until when the bytes must have been sent: five minutes.' })
  expiresAt!: Date;
}

@InputType({ description: 'A file that you are going to send.' })
export class UploadInput {
  @Field(() => String, { description: 'Its type: image/jpeg, image/png or image/webp.' })
  contentType!: string;

  @Field(() => Int, { description: 'Its size in bytes, exactly; at most 5 MB (5,242,880).' })
  sizeBytes!: number;
}

/** What the object store promised, as a client sees it. */
export function uploadType({
  headers,
  bytes,
  ...upload
}: Omit<UploadType, 'headers' | 'maxBytes'> & { readonly headers: Readonly<Record<string, string>>; readonly bytes: number }): UploadType {
  return { ...upload, headers: Object.entries(headers).map(([name, value]) => ({ name, value })), maxBytes: bytes };
}

/** A URL of an object that whoever asks has just been allowed to see. */
export type MediaOf = (key: string) => Promise<MediaType>;

import type { UserId } from '@storytelling/shared/value-objects/user-id';

/** Where to send a file, and the id to name it by. */
export interface PromisedUpload {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly expiresAt: Date;
}

/** The pictures of users, each sent by the user it shows. */
export interface ProfileImages {
  /** Refuses other types than pictures, and more than 5 MB. */
  promise(user: UserId, file: { readonly contentType: string; readonly sizeBytes: number }): Promise<PromisedUpload>;
  /** Looks at what the user has sent, keeps it re-encoded and answers its key: the same one when asked again. */
  keep(user: UserId, uploadId: string): Promise<string>;
  /** When the profile has changed: throws away what was sent, and the picture from before. Never fails. */
  settle(user: UserId, used: { readonly uploadId: string | null; readonly replaced: string | null }): Promise<void>;
}

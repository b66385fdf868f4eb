import { promisify } from 'node:util';
import {
  type AsyncUnzipOptions,
  type AsyncZippable,
  type AsyncZipOptions,
  unzip as unzipWith,
  zip as zipWith,
  type Unzipped,
} from 'fflate';

/** Files by their names, which may have folders. */
export type Files = Readonly<Record<string, Uint8Array>>;

const zipAsync = promisify<AsyncZippable, AsyncZipOptions, Uint8Array>(zipWith);
const unzipAsync = promisify<Uint8Array, AsyncUnzipOptions, Unzipped>(unzipWith);

/** A ZIP archive of files. Texts are compressed, a large one in a thread of its own; pictures and the like, which are compressed already, are not. */
export const zipped = (files: Files): Promise<Uint8Array> =>
  zipAsync(
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, [bytes, { level: /\.(json|txt)$/.test(name) ? 6 : 0 }]])),
    {},
  );

/** For archives of our own: the sizes that they claim are believed. */
export const unzipped = (archive: Uint8Array): Promise<Files> => unzipAsync(archive, {});

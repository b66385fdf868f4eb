/** As requestProfileImageUpload and its like promise it. */
export interface Upload {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly maxBytes: number;
}

export const uploadFields = '{ id url method headers { name value } maxBytes }';

/** Sends a file as a browser does; resolves to the status of the answer. */
export async function sendTo({ url, method, headers }: Upload, body: Uint8Array): Promise<number> {
  const named = headers.map(({ name, value }) => [name, value] as [string, string]);
  return (await fetch(url, { method, headers: named, body: new Uint8Array(body) })).status;
}

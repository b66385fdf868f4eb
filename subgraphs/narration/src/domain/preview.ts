import { sha256 } from '@storytelling/shared/value-objects/sha256';

/** What a voice says so that one can choose it. */
export function previewText(language: string): string {
  return sentences[language.split('-')[0]?.toLowerCase() ?? ''] ?? english;
}

const english = 'Once upon a time, at the edge of a quiet forest, somebody opened an old book and began to read aloud.';
/** The same in the languages that providers have most voices for; in any other the English one is heard. */
const sentences: Readonly<Record<string, string>> = {
  de: 'Es war einmal, am Rand eines stillen Waldes, da schlug jemand ein altes Buch auf und begann, laut vorzulesen.',
  fr: 'Il était une fois, au bord d’une forêt tranquille, quelqu’un qui ouvrit un vieux livre et se mit à lire à voix haute.',
  es: 'Había una vez, al borde de un bosque tranquilo, alguien que abrió un viejo libro y empezó a leer en voz alta.',
  it: 'C’era una volta, al margine di un bosco silenzioso, qualcuno che aprì un vecchio libro e cominciò a leggere ad alta voce.',
  pt: 'Era uma vez, à beira de uma floresta tranquila, alguém que abriu um velho livro e começou a ler em voz alta.',
  nl: 'Er was eens, aan de rand van een stil bos, iemand die een oud boek opensloeg en hardop begon te lezen.',
  pl: 'Dawno, dawno temu, na skraju cichego lasu, ktoś otworzył starą książkę i zaczął czytać na głos.',
};

/** Of a provider's own voice: the same on every machine and after every start, because narrations name it. A UUID of version 8 (RFC 9562). */
export function readyMadeVoiceId(provider: string, providerVoiceId: string): string {
  const hash = sha256(JSON.stringify([provider, providerVoiceId]));
  const variant = ((Number.parseInt(hash.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `${variant}${hash.slice(17, 20)}`, hash.slice(20, 32)].join('-');
}

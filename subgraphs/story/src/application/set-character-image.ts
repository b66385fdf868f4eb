import {
  changeImage,
  type CharacterImages,
  type PicturedCharacters,
  type PromisedUpload,
  requireCharacter,
} from '../domain/character-image.js';
import { asAuthor, ofStory, type Person } from './as-author.js';

export interface CharacterOfStory {
  readonly storyId: string;
  readonly characterId: string;
}

interface Ports {
  readonly pictured: PicturedCharacters;
  readonly images: CharacterImages;
}

/** Whether the person may give this character a picture; changes nothing. */
const permitted = async ({ pictured }: Ports, by: Person, character: CharacterOfStory): Promise<void> => {
  const look = asAuthor(by, (...given: Parameters<typeof requireCharacter>) => {
    requireCharacter(...given);
    return [];
  });
  await ofStory(character, (storyId) => pictured.change(storyId, character.characterId, look));
};

export const requestCharacterImageUpload =
  (ports: Ports) =>
  async (
    by: Person,
    { contentType, sizeBytes, ...of }: CharacterOfStory & { readonly contentType: string; readonly sizeBytes: number },
  ): Promise<PromisedUpload> => {
    await permitted(ports, by, of);
    return ports.images.promise(by.id, of.characterId.toLowerCase(), { contentType, sizeBytes });
  };

/** Resolves to the character's id. */
export const setCharacterImage =
  (ports: Ports) =>
  async (by: Person, input: CharacterOfStory & { readonly imageUploadId?: string | null }): Promise<string> => {
    const { pictured, images } = ports;
    const characterId = input.characterId.toLowerCase();
    const uploadId = input.imageUploadId ?? null;
    // Nobody's picture is looked at for a story that is not theirs; and nothing remote happens while a row is locked.
    await permitted(ports, by, input);
    const imageKey = uploadId === null ? null : await images.keep(by.id, characterId, uploadId);
    const { replaced } = await ofStory(input, (storyId) =>
      pictured.change(
        storyId,
        characterId,
        asAuthor(by, (story, character) => changeImage(story, character, imageKey)),
      ),
    );
    await images.settle(by.id, characterId, { uploadId, replaced });
    return characterId;
  };

import type { MediaOf } from '@storytelling/shared/graphql/media';
import type { StoryPorts } from '../src/story-context.js';

const refused = () => Promise.reject(new Error('not in this test'));

/** For tests that are about other things; pictures are sent in e2e/pictures. */
export const noImages: Pick<StoryPorts, 'pictured' | 'images'> = {
  pictured: { change: refused },
  images: { promise: refused, keep: refused, settle: refused },
};
export const noMedia: MediaOf = refused;

import type { ProfileImages } from '../src/domain/profile-images.js';

const refused = () => Promise.reject(new Error('not in this test'));

/** For tests that are about other things; pictures are sent in e2e/pictures. */
export const noImages: ProfileImages = { promise: refused, keep: refused, settle: refused };

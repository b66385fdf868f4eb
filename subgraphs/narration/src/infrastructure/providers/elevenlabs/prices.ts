// What a character costs, in millionths of a US dollar ($0.10 per 1,000 characters is 100), pay as you go.
// Source: public copies of https://elevenlabs.io/pricing/api of June 2026, of Eleven v4 of October 2026. Of Eleven v3 they contradict each other ($0.04 to $0.10),
// so it is not listed. A model that is not listed has no known price, and its lines no cost: better none than a wrong one. Voices of the public library may cost
// more by a factor of their owner's.
const PRICES: Readonly<Record<string, number>> = {
  eleven_multilingual_v2: 100,
  eleven_flash_v2_5: 50,
  eleven_turbo_v2_5: 50,
  eleven_v4: 80,
};

/** null for a model without a known price. */
export function costOf(model: string, characters: number): { amount: string; currency: string } | null {
  const price = PRICES[model];
  if (price === undefined) return null;
  return { amount: ((characters * price) / 1_000_000).toFixed(6).replace(/\.?0+$/u, ''), currency: 'USD' };
}

// What a token costs, in billionths of a US dollar (a price of $0.10 per million tokens is 100).
// Source: public copies of https://developers.openai.com/api/docs/pricing of 2026-09-22, standard processing, prompts below 272,000 tokens
// (our parts are far below). A model that is not listed has no known price, and its analyses no cost: better none than a wrong one. Compare
// with the page itself when a model is added.

interface Price {
  input: bigint;
  cachedInput: bigint;
  output: bigint;
}

const PRICES: Record<string, Price> = {
  'gpt-6-sol': { input: 2_000n, cachedInput: 200n, output: 10_000n },
  'gpt-6-luna': { input: 100n, cachedInput: 10n, output: 500n },
  'gpt-5.6-sol': { input: 4_000n, cachedInput: 400n, output: 20_000n },
  'gpt-5.6-terra': { input: 2_000n, cachedInput: 200n, output: 12_000n },
  'gpt-5.6-luna': { input: 200n, cachedInput: 20n, output: 1_200n },
  'gpt-5.4': { input: 2_500n, cachedInput: 250n, output: 15_000n },
  'gpt-5.4-mini': { input: 750n, cachedInput: 75n, output: 4_500n },
};

export interface TokenCounts {
  inputTokens: number;
  /** Of the input tokens, those that the provider had in its cache. */
  cachedInputTokens: number;
  outputTokens: number;
}

/** Exact, in dollars, without a rounding error; null for a model without a known price. */
export function costOf(model: string, tokens: TokenCounts): { amount: string; currency: string } | null {
  const price = PRICES[model] ?? PRICES[model.replace(/-\d{4}-\d{2}-\d{2}$/u, '')];
  if (!price) return null;
  const cached = BigInt(Math.min(tokens.cachedInputTokens, tokens.inputTokens));
  const billionths =
    (BigInt(tokens.inputTokens) - cached) * price.input + cached * price.cachedInput + BigInt(tokens.outputTokens) * price.output;
  const whole = billionths / 1_000_000_000n;
  const fraction = (billionths % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/u, '');
  return { amount: fraction === '' ? `${whole}` : `${whole}.${fraction}`, currency: 'USD' };
}

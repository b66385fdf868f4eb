/** In this order: Edge and Opera also say Chrome, Chrome also says Safari, Android also says Linux, an iPhone also says Mac OS X. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|Opera)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS)\//, 'Chrome'],
  [/\bVersion\/\S+ .*\bSafari\//, 'Safari'],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\b(Mac OS X|Macintosh)\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
];

/**
 * What a session runs on, short and readable: "Firefox on Windows", "Chrome on Android", or the program's own name ("okhttp"). Nothing is
 * invented: null where the User-Agent says nothing that is known. It is what the client claims, for its owner to recognise, and no proof of anything.
 */
export function deviceOf(userAgent: string | undefined): string | null {
  if (!userAgent) return null;
  const browser = browsers.find(([mark]) => mark.test(userAgent))?.[1];
  const system = systems.find(([mark]) => mark.test(userAgent))?.[1];
  // Every browser calls itself Mozilla first; that name says nothing.
  const program = /^(?!Mozilla\b)[A-Za-z][\w.-]{0,39}(?=[/ ]|$)/.exec(userAgent)?.[0];
  const what = browser ?? program;
  return what && system ? `${what} on ${system}` : (what ?? system ?? null);
}

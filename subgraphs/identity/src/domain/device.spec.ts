import { describe, expect, it } from '@jest/globals';
import { deviceOf } from './device.js';

describe('a device', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Windows'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15',
      'Safari on Mac',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1',
      'Chrome on iPhone',
    ],
    [
      'Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/126.0.0.0',
      'Opera on Linux',
    ],
    ['okhttp/5.3.0', 'okhttp'],
    ['node', 'node'],
    ['Storytelling/2.1 (iPhone; iOS 19.1)', 'Storytelling on iPhone'],
  ])('is read from %s', (userAgent, device) => {
    expect(deviceOf(userAgent)).toBe(device);
  });

  it('is none where nothing known is said', () => {
    for (const userAgent of [undefined, '', 'Mozilla/5.0', '<script>', '\u0000', '5'.repeat(500)]) expect(deviceOf(userAgent)).toBeNull();
  });

  it('is short, however long the text is', () => {
    expect((deviceOf(`${'x'.repeat(40)}/1 Windows`) ?? '').length).toBeLessThanOrEqual(100);
    expect(deviceOf('x'.repeat(500))).toBeNull();
  });
});

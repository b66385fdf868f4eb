import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { reservePort, platformSettings } from './settings.js';

describe('settings of the platform', () => {
  it('have defaults for everything', () => {
    expect(platformSettings({})).toMatchObject({ PORT: 4000, HOST: '127.0.0.1', LOG_LEVEL: 'warn' });
  });

  it.each([
    [{ PORT: 'http' }, 'PORT'],
    [{ PORT: '65536' }, 'PORT'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
  ])('that are wrong are named: %j', (environment, name) => {
    expect(() => platformSettings(environment)).toThrow(new RegExp(`^The setting ${name} is wrong: .+\\.$`));
  });

  it('name a port that is taken, and how to choose another', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(reservePort(port, '127.0.0.1')).rejects.toThrow(
      `Port ${port} is in use by another program: stop that one, or choose another one with PORT=${port + 1} npm start.`,
    );
    other.close();
    await once(other, 'close');
    await expect(reservePort(port, '127.0.0.1')).resolves.toMatchObject({ port });
  });

  it('hold a free port until it is taken', async () => {
    const { port, release } = await reservePort(0, '127.0.0.1');
    await expect(reservePort(port, '127.0.0.1')).rejects.toThrow(`Port ${port} is in use`);
    await release();
    await expect(reservePort(port, '127.0.0.1')).resolves.toMatchObject({ port });
  });

  it('name an address that is not of this machine', async () => {
    await expect(reservePort(0, '192.0.2.1')).rejects.toThrow('The setting HOST is wrong: 192.0.2.1');
  });
});

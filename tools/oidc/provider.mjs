// A real OpenID Connect provider in this process, and a browser that signs in at it by filling in its forms. For tests.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

/**
 * `people`: claims by the name that is typed into its form.
 * @param {{ redirectUri: string, people: Record<string, { email?: string, email_verified?: boolean, name?: string, locale?: string }> }} options
 */
export async function startOpenIdProvider({ redirectUri, people }) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = { clientId: 'storytelling', clientSecret: 'a secret of forty characters, or thereabouts' };
  const { warn } = console;
  // It warns at length of what is right for a test: keys, accounts and forms that live in memory.
  console.warn = () => {};
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'locale'] },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...people[accountId] }) }),
    pkce: { required: () => true },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
  });
  console.warn = warn;
  server.on('request', provider.callback());
  return {
    issuer,
    ...client,
    /** Signs in as a person who has typed their name, and agrees to all; gives the address that the browser is sent back to. */
    signIn: (url, name) => browse(url, name, redirectUri),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** @param {string} url @param {string} name @param {string} redirectUri */
async function browse(url, name, redirectUri) {
  const cookies = new Map();
  let next = url;
  let form;
  for (let step = 0; step < 20; step += 1) {
    if (next.startsWith(redirectUri)) return new URL(next);
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([key, value]) => `${key}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: form }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, key, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value) cookies.set(key, value);
      else cookies.delete(key);
    }
    const location = response.headers.get('location');
    form = undefined;
    if (location) {
      next = new URL(location, next).href;
      continue;
    }
    const page = await response.text();
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
    if (!prompt || !action) throw new Error(`The provider shows ${response.status}: ${page.slice(0, 500)}`);
    form = new URLSearchParams(prompt === 'login' ? { prompt, login: name, password: 'whatever' } : { prompt });
    next = new URL(action, next).href;
  }
  throw new Error('The provider goes round in circles.');
}

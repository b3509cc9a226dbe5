// Two issuers by oidc-provider, a certified OpenID provider: one whose access tokens are JWTs (RFC 9068), one whose tokens are opaque. It
// prints where they are as one line of JSON, then answers each line of JSON on its standard input with one, and ends with its input.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import { Provider } from 'oidc-provider';

console.info = console.error; // standard output is for answers

const resource = 'https://tiffin.test/';
const scopes = 'orders:read orders:place';

/** Keys of one generation, by ES256 and RS256. */
function keys() {
  const jwk = (type, options, alg) => ({
    ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
    alg,
    use: 'sig',
    kid: randomUUID(),
  });
  return { keys: [jwk('ec', { namedCurve: 'P-256' }, 'ES256'), jwk('rsa', { modulusLength: 2048 }, 'RS256')] };
}

/** One issuer of tokens in a format, at an address of its own, whose keys can be replaced. */
class Issuer {
  constructor(format) {
    this.format = format;
    this.server = createServer((req, res) => this.provider.callback()(req, res));
  }

  async listen() {
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    this.rotate();
    return this.url;
  }

  rotate() {
    this.provider = new Provider(this.url, {
      jwks: keys(),
      clients: [
        {
          client_id: 'kiosk',
          client_secret: 'a secret: with %25 and +',
          grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
          redirect_uris: ['https://kiosk.test/done'],
          scope: `openid offline_access ${scopes}`,
        },
      ],
      scopes: ['openid', 'offline_access', ...scopes.split(' ')],
      clientAuthMethods: ['client_secret_basic'],
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
      features: {
        clientCredentials: { enabled: true },
        introspection: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => resource,
          useGrantedResource: () => true,
          getResourceServerInfo: (_, indicator) => this.resourceServer(indicator),
        },
      },
    });
  }

  resourceServer(indicator) {
    return {
      scope: scopes,
      audience: indicator === resource ? 'tiffin' : 'other',
      accessTokenFormat: this.format,
      accessTokenTTL: 300,
      jwt: { sign: { alg: 'ES256' } },
    };
  }

  /** A token of a kind for a user, as the end of a sign-in gives it. */
  async issue(kind, user) {
    const client = await this.provider.Client.find('kiosk');
    const grant = new this.provider.Grant({ clientId: client.clientId, accountId: user });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(resource, scopes);
    const common = { client, accountId: user, grantId: await grant.save(), scope: scopes, gty: 'authorization_code' };
    switch (kind) {
      case 'access': {
        const token = new this.provider.AccessToken(common);
        token.resourceServer = new this.provider.ResourceServer(resource, this.resourceServer(resource));
        token.setAudience('tiffin');
        return token.save();
      }
      case 'refresh':
        return new this.provider.RefreshToken(common).save();
      case 'id': {
        const token = new this.provider.IdToken({ sub: user }, { client, ctx: undefined });
        token.set('aud', 'tiffin');
        return token.issue({ use: 'idtoken' });
      }
      default:
        throw new Error(`no token is of kind ${kind}`);
    }
  }
}

const issuers = { jwt: new Issuer('jwt'), opaque: new Issuer('opaque') };
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ jwt: await issuers.jwt.listen(), opaque: await issuers.opaque.listen() });

for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, issuer, kind, user } = JSON.parse(line);
  try {
    if (what === 'rotate') issuers[issuer].rotate();
    say({ token: what === 'issue' ? await issuers[issuer].issue(kind, user) : '' });
  } catch (error) {
    say({ error: String(error.stack) });
  }
}
process.exit(0);

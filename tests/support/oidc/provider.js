// A real OpenID provider on loopback. `PUT /as` says who is at the browser, `PUT /rotate` has it sign with another key.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
let person = { sub: "nobody" };

const make = () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
  const provider = new Provider(issuer, {
    clients: [{ client_id: "guibin", client_secret: "a-secret-of-the-company", redirect_uris: [redirect], grant_types: ["authorization_code"], response_types: ["code"] }],
    jwks: { keys: [jwk] },
    cookies: { keys: ["test"] },
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"], email: ["email"] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...person, sub: id }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
  });
  return provider;
};

let current = make();
createServer(async (request, response) => {
  if (request.method === "PUT") {
    if (request.url === "/rotate") current = make();
    else {
      let body = "";
      for await (const part of request) body += part;
      person = JSON.parse(body);
    }
    response.end();
  } else if (request.url.startsWith("/interaction/")) {
    await current.interactionFinished(request, response, { login: { accountId: person.sub } });
  } else current.callback()(request, response);
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));

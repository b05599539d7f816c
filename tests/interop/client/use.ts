// Defines, issues, lists, finds, revokes and verifies with the generated client; prints what it saw.
import { AchievementsApi, Configuration, CredentialsApi, VerificationApi } from "./generated";

async function main(address: string, token: string): Promise<void> {
  const configuration = new Configuration({ basePath: address, accessToken: token });
  const credentials = new CredentialsApi(configuration);
  const achievements = new AchievementsApi(configuration);
  const verification = new VerificationApi(configuration);

  const defined = await achievements.defineAchievement({
    achievementDefinitionPayload: {
      key: "typescript",
      kind: "competency-mastery",
      achievement: { name: "Bread", description: "Bakes.", criteria: { narrative: "Bake." } },
    },
  });
  const recipient = { email: "ts@example.org" };
  const issued = await credentials.issueCredential({
    idempotencyKey: "typescript-1",
    credentialOrderPayload: { achievement: defined.key, recipient },
  });
  const batch = await credentials.issueCredentials({
    batchPayload: {
      items: [
        { achievement: defined.key, recipient, idempotencyKey: "typescript-2" },
        { achievement: defined.key, recipient: { email: "other@example.org" }, idempotencyKey: "typescript-3" },
      ],
    },
  });
  const listed = await credentials.listCredentials({
    achievement: defined.key,
    recipient: recipient.email,
    issuedFrom: new Date(issued.issuedAt.getTime() - 1000),
    limit: 1,
  });
  const all = await credentials.listCredentials({ achievement: defined.key });
  const found = await credentials.getCredential({ credentialId: issued.id });
  const document = await (await fetch(issued.credential, { headers: { Accept: "application/json" } })).json();
  const before = await verification.verify({ verifyPayload: { credential: document } });
  const revoked = await credentials.changeCredentialStatus({
    credentialId: issued.id,
    statusChangePayload: { state: "revoked", reason: "A test." },
  });
  const after = await verification.verifyBatch({ verifyBatchPayload: { items: [{ credential: document }] } });
  console.log(
    JSON.stringify({
      issued: issued.id,
      repeated: [batch.created, batch.repeated, batch.items[0]?.id],
      listed: listed.items.map((one) => one.id),
      all: all.items.length,
      found: found.state,
      before: before.verdict,
      revoked: revoked.state,
      after: after.items[0]?.verdict,
    }),
  );
}

main(process.argv[2] ?? "", process.argv[3] ?? "").catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

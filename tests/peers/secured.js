// An OPC UA server that is not ours, secured as factories secure theirs (npm: node-opcua).
// Options: port, pki (folder), policies and modes offered, anonymous, users {name: password}, trust (accept any client
// certificate at once), trustUsers (same for users' certificates), certificate and key (files; else made in pki).
// Commands: {trust: true} moves every rejected client certificate to the trusted ones. {set: n} writes Value. Each answer
// tells in signIns how many passwords it was shown.
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const {
  OPCUAServer, OPCUACertificateManager, SecurityPolicy, MessageSecurityMode, UserTokenType, DataType, Variant, StatusCodes,
} = require("node-opcua");

const options = JSON.parse(process.argv[2]);

async function manager(name, accept) {
  const made = new OPCUACertificateManager({
    rootFolder: path.join(options.pki, name), automaticallyAcceptUnknownCertificate: accept,
  });
  await made.initialize();
  return made;
}

function trustRejected(root) {
  const rejected = path.join(root, "rejected");
  const moved = fs.readdirSync(rejected);
  for (const file of moved) fs.renameSync(path.join(rejected, file), path.join(root, "trusted", "certs", file));
  return moved.length;
}

async function main() {
  const clients = await manager("clients", options.trust !== false);
  const people = await manager("people", options.trustUsers !== false);
  let signIns = 0;
  const given = options.certificate ? { certificateFile: options.certificate, privateKeyFile: options.key } : {};
  const server = new OPCUAServer({
    port: options.port,
    host: "127.0.0.1",
    hostname: options.hostname || "127.0.0.1",  // what it says of itself, right or wrong
    serverCertificateManager: clients,
    userCertificateManager: people,
    ...given,
    securityPolicies: (options.policies || ["None"]).map((name) => SecurityPolicy[name]),
    securityModes: (options.modes || ["None"]).map((name) => MessageSecurityMode[name]),
    allowAnonymous: options.anonymous !== false,
    userManager: { isValidUser: (name, word) => (signIns += 1) && (options.users || {})[name] === word },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const own = space.getOwnNamespace();
  const value = own.addVariable({
    organizedBy: space.rootFolder.objects, browseName: "Value", nodeId: "s=Value", dataType: "Int32",
    minimumSamplingInterval: 0,
  });
  const set = (n) => value.setValueFromSource(new Variant({ dataType: DataType.Int32, value: n }), StatusCodes.Good, new Date());
  set(options.value || 7);
  await server.start();
  console.log("READY", JSON.stringify({ uri: own.namespaceUri, index: own.index }));
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", async (line) => {
    const command = JSON.parse(line);
    const answer = { signIns };
    if (command.trust) answer.moved = trustRejected(path.join(options.pki, "clients"));
    if ("set" in command) set(command.set);
    console.log(JSON.stringify(answer));
  });
  lines.on("close", async () => {
    await server.shutdown(0);
    process.exit(0);
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

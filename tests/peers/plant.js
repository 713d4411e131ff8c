// Variables as a test wants them, on a server that is not ours (npm: node-opcua), with the limits of small controllers.
// Options: port; count (Double variables V0, V1 … beside the named ones); variables [{name, type, value, array, history,
// words}] (words: an enumeration of its own); limits (operation limits by node-opcua's names); perSubscription (monitored
// items); subscriptions (per session).
// Commands: {set: {NAME: value}, at: ISO time, status: NAME}, {remove: NAME}, {add: {name, type, value}},
// {end: true} (ends every subscription), {monitored: true} (answers {items: [per subscription]}).
const readline = require("readline");
const { OPCUAServer, DataType, Variant, VariantArrayType, StatusCodes, coerceLocalizedText } = require("node-opcua");

const options = JSON.parse(process.argv[2]);

function variant(type, value, array) {
  let told = value;
  if (type === "LocalizedText" && !array) told = coerceLocalizedText(value);
  if (type === "DateTime" && !array) told = new Date(value);
  if (type === "ByteString") told = Buffer.from(value, "hex");
  return new Variant({ dataType: DataType[type], arrayType: array ? VariantArrayType.Array : VariantArrayType.Scalar, value: told });
}

async function main() {
  const server = new OPCUAServer({
    port: options.port, host: "127.0.0.1", hostname: "127.0.0.1", securityModes: [1],
    securityPolicies: ["http://opcfoundation.org/UA/SecurityPolicy#None"],
    serverCapabilities: {
      maxMonitoredItems: 100000, maxMonitoredItemsPerSubscription: options.perSubscription || 100000,
      maxSubscriptionsPerSession: options.subscriptions || 200, maxSubscriptions: 1000,
      operationLimits: options.limits || {},
    },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const own = space.getOwnNamespace();
  const folder = own.addFolder(space.rootFolder.objects, { browseName: "Plant", nodeId: "s=Plant" });
  const nodes = {};

  function add({ name, type, value, array, history, words }) {
    const kind = words ? own.addEnumerationType({ browseName: `${name}Words`, enumeration: words }) : type;
    const node = own.addVariable({
      componentOf: folder, browseName: name, nodeId: `s=${name}`, dataType: kind, minimumSamplingInterval: 0,
      valueRank: array ? 1 : -1,
    });
    if (history) space.installHistoricalDataNode(node, { maxOnlineValues: 100000 });
    nodes[name] = { node, type: words ? "Int32" : type, array };
    if (value !== undefined) set(name, value, new Date(), "Good");
  }

  function set(name, value, time, status) {
    const { node, type, array } = nodes[name];
    node.setValueFromSource(variant(value === null ? "Null" : type, value, array), StatusCodes[status], time);
  }

  for (const one of options.variables || []) add(one);
  for (let i = 0; i < (options.count || 0); i += 1) add({ name: `V${i}`, type: "Double", value: i });

  function subscriptions() {
    return Object.values(server.engine._sessions).flatMap((session) => session.publishEngine.subscriptions);
  }

  const commands = {
    set: ({ set: values, at, status }) => {
      const time = at ? new Date(at) : new Date();
      for (const [name, value] of Object.entries(values)) set(name, value, time, status || "Good");
    },
    remove: ({ remove: name }) => space.deleteNode(nodes[name].node),
    add: ({ add: one }) => add(one),
    end: () => subscriptions().forEach((one) => { one.terminate(); }),
    monitored: () => ({ items: subscriptions().map((one) => one.monitoredItemCount) }),
  };
  await server.start();
  console.log("READY", JSON.stringify({ uri: own.namespaceUri, index: own.index }));
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const command = JSON.parse(line);
    let answer = {};
    try {
      for (const [name, run] of Object.entries(commands)) if (name in command) answer = run(command) || answer;
    } catch (error) {
      answer = { error: String(error.stack) };
    }
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

// An OPC UA server that is not ours: COUNT Double variables, each changed every 100 ms; the value is the tick number,
// so that a gap shows. Prints READY, then one JSON line with the ticks made when its input ends.
// usage: node opcua_source.js PORT COUNT      (npm: node-opcua-server)
const { OPCUAServer } = require("node-opcua-server");
const { StatusCodes } = require("node-opcua-status-code");
const { DataType, Variant } = require("node-opcua-variant");

const [port, count] = process.argv.slice(2).map(Number);

async function main() {
  const server = new OPCUAServer({
    port,
    host: "127.0.0.1",
    serverCapabilities: { maxMonitoredItems: 100000, maxMonitoredItemsPerSubscription: 100000 },
  });
  await server.initialize();
  const space = server.engine.addressSpace.getOwnNamespace();
  const folder = space.addFolder(server.engine.addressSpace.rootFolder.objects, { browseName: "Bench" });
  let tick = 0;
  const variables = [];
  for (let i = 0; i < count; i += 1) {
    variables.push(
      space.addVariable({ componentOf: folder, browseName: `V${i}`, nodeId: `s=V${i}`, dataType: "Double", minimumSamplingInterval: 0 }),
    );
  }
  const write = () => {
    tick += 1;
    const now = new Date();
    for (const variable of variables) {
      variable.setValueFromSource(new Variant({ dataType: DataType.Double, value: tick }), StatusCodes.Good, now);
    }
  };
  await server.start();
  const timer = setInterval(write, 100);
  console.log("READY", space.index);
  process.stdin.resume();
  process.stdin.on("end", async () => {
    clearInterval(timer);
    console.log(JSON.stringify({ ticks: tick }));
    await server.shutdown(0);
    process.exit(0);
  });
}
main();

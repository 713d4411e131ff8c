// A large OPC UA server that is not ours, to be walked (npm: node-opcua): folders of variables, references in circles,
// limits of its own, a machine with Japanese names, units, an enumeration, history.
// Options: port, folders and each (variables a folder), nodesPerBrowse, nodesPerRead, continuationPoints.
// Commands: {set: [name, value]} writes a variable of the machine.
const readline = require("readline");
const { OPCUAServer, DataType, Variant, StatusCodes, standardUnits, makeAccessLevelFlag } = require("node-opcua");

const options = JSON.parse(process.argv[2]);

function machine(own, objects) {
  const folder = own.addObject({ organizedBy: objects, browseName: "旋盤1", nodeId: "s=lathe" });
  const nodes = {};
  const add = (name, dataType, value, more = {}) => {
    nodes[name] = own.addVariable({ componentOf: folder, browseName: name, nodeId: `s=lathe.${name}`, dataType,
      accessLevel: "CurrentRead", userAccessLevel: "CurrentRead", ...more });
    nodes[name].setValueFromSource(new Variant({ dataType, value }), StatusCodes.Good, new Date());
  };
  add("運転状態", DataType.String, "加工中");
  add("モード", DataType.String, "自動");
  add("プログラム", DataType.String, "O1201");
  add("加工数", DataType.UInt32, 41);
  add("非常停止", DataType.Boolean, false);
  add("アラーム", DataType.String, "");
  add("Setpoint", DataType.Double, 1.5, { accessLevel: "CurrentRead | CurrentWrite", userAccessLevel: "CurrentRead | CurrentWrite" });
  add("Hidden", DataType.Double, 1, { accessLevel: makeAccessLevelFlag(""), userAccessLevel: makeAccessLevelFlag("") });
  const load = own.addAnalogDataItem({ componentOf: folder, browseName: "主軸負荷", nodeId: "s=lathe.主軸負荷", dataType: "Double",
    engineeringUnitsRange: { low: 0, high: 100 }, engineeringUnits: standardUnits.percent, accessLevel: "CurrentRead | HistoryRead",
    userAccessLevel: "CurrentRead | HistoryRead", minimumSamplingInterval: 0 });
  load.setValueFromSource(new Variant({ dataType: DataType.Double, value: 42.5 }), StatusCodes.Good, new Date());
  const kind = own.addEnumerationType({ browseName: "DoorState", enumeration: ["Closed", "Open"] });
  const door = own.addVariable({ componentOf: folder, browseName: "Door", nodeId: "s=lathe.Door", dataType: kind });
  door.setValueFromSource(new Variant({ dataType: DataType.Int32, value: 1 }), StatusCodes.Good, new Date());
  return { folder, nodes };
}

async function main() {
  const server = new OPCUAServer({
    port: options.port,
    host: "127.0.0.1",
    hostname: "127.0.0.1",
    serverCapabilities: {
      maxBrowseContinuationPoints: options.continuationPoints || 100,
      operationLimits: { maxNodesPerBrowse: options.nodesPerBrowse || 1000, maxNodesPerRead: options.nodesPerRead || 1000 },
    },
  });
  await server.initialize();
  const own = server.engine.addressSpace.getOwnNamespace();
  const objects = server.engine.addressSpace.rootFolder.objects;
  const made = machine(own, objects);
  let before = made.folder;
  for (let f = 0; f < (options.folders || 0); f++) {
    const folder = own.addObject({ organizedBy: f % 5 ? before : objects, browseName: `Cell${f}`, nodeId: `s=cell${f}` });
    for (let v = 0; v < (options.each || 0); v++) {
      own.addVariable({ componentOf: folder, browseName: `Tag${v}`, nodeId: `s=cell${f}.tag${v}`, dataType: "Double",
        value: { dataType: DataType.Double, value: f * 1000 + v } });
    }
    folder.addReference({ referenceType: "Organizes", nodeId: made.folder.nodeId }); // circles: back to the machine,
    made.folder.addReference({ referenceType: "Organizes", nodeId: folder.nodeId }); // and from it to every folder
    before = folder;
  }
  await server.start();
  console.log("READY", JSON.stringify({ uri: own.namespaceUri }));
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const [name, value] = JSON.parse(line).set;
    const node = made.nodes[name];
    node.setValueFromSource(new Variant({ dataType: node.dataTypeObj ? DataType[node.dataTypeObj.browseName.name] : DataType.String, value }), StatusCodes.Good, new Date());
    console.log(JSON.stringify({ set: name }));
  }).on("close", async () => {
    await server.shutdown(0);
    process.exit(0);
  });
}

main().catch((error) => { console.error(error); process.exit(1); });

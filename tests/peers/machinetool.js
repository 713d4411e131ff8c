// A machine tool with the official OPC 40501-1 nodeset, served by a server that is not ours (npm: node-opcua).
// Options: port; pki (folder) and policies (in all modes, any client trusted; without them no encryption);
// machines [{name, version: "1.01" | "1.02", channel: bool}] (1.01: ActiveProgram alone; 1.02: also the building blocks
// and the job order control; channel: shows an NC channel). Each machine tells what it is told by commands:
// {machine, set: {SIGNAL: value, …}, at: ISO time} answers {}. SIGNALs are the keys of `places` below.
const readline = require("readline");
const {
  OPCUAServer, OPCUACertificateManager, SecurityPolicy, nodesets, DataType, Variant, StatusCodes, coerceLocalizedText,
} = require("node-opcua");

const options = JSON.parse(process.argv[2]);
const MT = "http://opcfoundation.org/UA/MachineTool/";
const MACHINERY = "http://opcfoundation.org/UA/Machinery/";
const STATES = {
  program: ["Initializing", "Running", "Ended", "Interrupted", "Aborted"],
  job: ["", "NotAllowedToStart", "AllowedToStart", "Running", "Interrupted", "Ended", "Aborted"],
  item: ["NotAvailable", "OutOfService", "NotExecuting", "Executing"],
  operation: ["None", "Maintenance", "Setup", "Processing"],
};

function child(node, ...names) {
  return names.reduce((at, name) => at && (at.getComponentByName(name) || at.getPropertyByName(name) || at.getFolderElementByName(name)), node);
}

async function security() {
  if (!options.pki) return { securityModes: [1], securityPolicies: [SecurityPolicy.None] };
  const manager = new OPCUACertificateManager({ rootFolder: options.pki, automaticallyAcceptUnknownCertificate: true });
  await manager.initialize();
  const securityPolicies = options.policies.map((name) => SecurityPolicy[name]);
  return { serverCertificateManager: manager, securityModes: [1, 2, 3], securityPolicies };
}

async function main() {
  const server = new OPCUAServer({
    port: options.port, host: "127.0.0.1", hostname: "127.0.0.1", ...(await security()),
    nodeset_filename: [
      nodesets.standard, nodesets.di, nodesets.machinery, nodesets.irdi, nodesets.ia, nodesets.isa95JobControl,
      nodesets.machineryResult, nodesets.machineryJobs, nodesets.machineTool,
    ].filter(Boolean),
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const mt = space.getNamespaceIndex(MT);
  const folder = space.rootFolder.objects.getFolderElementByName("Machines", space.getNamespaceIndex(MACHINERY));
  const machines = {};

  function build({ name, version, channel }) {
    const optionals = [
      "Production.Statistics.PartsProducedInLifetime", "Monitoring.MachineTool.FeedOverride", "Production.ActiveProgram.JobIdentifier",
    ];
    if (version === "1.02") {
      optionals.push(
        "MachineryBuildingBlocks", "MachineryBuildingBlocks.MachineryItemState", "MachineryBuildingBlocks.MachineryOperationMode",
        "MachineryBuildingBlocks.JobManagement",
      );
    }
    const machine = space.findObjectType("MachineToolType", mt).instantiate({
      browseName: name, organizedBy: folder, namespace: space.getOwnNamespace(), optionals,
    });
    let channelNode = null;
    if (channel) {
      channelNode = space.findObjectType("ChannelMonitoringType", mt).instantiate({
        browseName: "Channel1", componentOf: child(machine, "Monitoring"), namespace: space.getOwnNamespace(),
        optionals: ["ChannelModifiers", "RapidOverride"],
      });
    }
    const program = child(machine, "Production", "ActiveProgram");
    const blocks = child(machine, "MachineryBuildingBlocks");
    machines[name] = {
      program: [child(program, "Name"), DataType.String],
      job: [child(program, "JobIdentifier"), DataType.String],
      programState: ["program", child(program, "State", "CurrentState")],
      jobState: ["job", child(blocks, "JobManagement", "JobOrderControl", "CurrentState")],
      itemState: ["item", child(blocks, "MachineryItemState", "CurrentState")],
      operationMode: ["operation", child(blocks, "MachineryOperationMode", "CurrentState")],
      machineMode: [child(machine, "Monitoring", "MachineTool", "OperationMode"), DataType.Int32],
      parts: [child(machine, "Production", "Statistics", "PartsProducedInLifetime"), DataType.UInt32],
      machineFeed: [child(machine, "Monitoring", "MachineTool", "FeedOverride"), DataType.Double],
      channelState: [child(channelNode, "ChannelState"), DataType.Int32],
      channelMode: [child(channelNode, "ChannelMode"), DataType.Int32],
      feed: [child(channelNode, "FeedOverride"), DataType.Double],
      rapid: [child(channelNode, "RapidOverride"), DataType.Double],
      singleStep: [child(channelNode, "ChannelModifiers", "SingleStep"), DataType.Boolean],
      dryRun: [child(channelNode, "ChannelModifiers", "DryRun"), DataType.Boolean],
    };
  }

  function set(machine, values, at) {
    const time = at ? new Date(at) : new Date();
    const write = (node, dataType, value) => {
      if (node) node.setValueFromSource(new Variant({ dataType, value }), StatusCodes.Good, time);
    };
    for (const [signal, value] of Object.entries(values)) {
      const [first, second] = machines[machine][signal];
      if (typeof first === "string") {
        const state = second;
        if (!state) continue;
        write(state, DataType.LocalizedText, coerceLocalizedText(STATES[first][value]));
        write(child(state, "Number"), DataType.UInt32, value);
      } else {
        write(first, second, value);
      }
    }
  }

  (options.machines || [{ name: "MC-01", version: "1.02", channel: true }]).forEach(build);
  await server.start();
  const has = Object.fromEntries(Object.entries(machines).map(([name, places]) => [
    name, Object.keys(places).filter((key) => (typeof places[key][0] === "string" ? places[key][1] : places[key][0])),
  ]));
  console.log("READY", JSON.stringify({ has }));
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const command = JSON.parse(line);
    if (command.set) set(command.machine || "MC-01", command.set, command.at);
    console.log("{}");
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

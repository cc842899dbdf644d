// Compiles LeanDao.sol to target/solidity/LeanDao.hex: creation code with the optimiser at its best for
// what runs often.
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const source = fs.readFileSync(path.join(__dirname, "LeanDao.sol"), "utf8");
const output = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources: { "LeanDao.sol": { content: source } },
      settings: {
        optimizer: { enabled: true, runs: 1_000_000 },
        viaIR: true,
        evmVersion: "cancun",
        outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
      },
    }),
  ),
);
if (output.errors) {
  console.error(output.errors.map((error) => error.formattedMessage).join("\n"));
  process.exit(1);
}
const target = path.join(__dirname, "../../target/solidity");
fs.mkdirSync(target, { recursive: true });
const { object } = output.contracts["LeanDao.sol"].LeanDao.evm.bytecode;
fs.writeFileSync(path.join(target, "LeanDao.hex"), object);

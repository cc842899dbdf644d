//! The names by which clients of Ethereum call methods of Filecoin.

/// Of `eth_X`, those that are `EthX`.
const ETH: [&str; 34] = [
    "accounts",
    "baseFee",
    "blockNumber",
    "call",
    "chainId",
    "estimateGas",
    "feeHistory",
    "gasPrice",
    "getBalance",
    "getBlockByHash",
    "getBlockByNumber",
    "getBlockReceipts",
    "getBlockTransactionCountByHash",
    "getBlockTransactionCountByNumber",
    "getCode",
    "getFilterChanges",
    "getFilterLogs",
    "getLogs",
    "getStorageAt",
    "getTransactionByBlockHashAndIndex",
    "getTransactionByBlockNumberAndIndex",
    "getTransactionByHash",
    "getTransactionCount",
    "getTransactionReceipt",
    "maxPriorityFeePerGas",
    "newBlockFilter",
    "newFilter",
    "newPendingTransactionFilter",
    "protocolVersion",
    "sendRawTransaction",
    "subscribe",
    "syncing",
    "uninstallFilter",
    "unsubscribe",
];

const OTHERS: [(&str, &str); 8] = [
    ("net_listening", "Filecoin.NetListening"),
    ("net_version", "Filecoin.NetVersion"),
    ("rpc.discover", "Filecoin.Discover"),
    ("trace_block", "Filecoin.EthTraceBlock"),
    ("trace_filter", "Filecoin.EthTraceFilter"),
    ("trace_replayBlockTransactions", "Filecoin.EthTraceReplayBlockTransactions"),
    ("trace_transaction", "Filecoin.EthTraceTransaction"),
    ("web3_clientVersion", "Filecoin.Web3ClientVersion"),
];

/// The full name of the method that goes by this one, if it is an alias.
pub(crate) fn resolve(alias: &str) -> Option<String> {
    let other = OTHERS.iter().find(|(known, _)| *known == alias);
    if let Some((_, name)) = other {
        return Some((*name).to_owned());
    }
    let name = alias.strip_prefix("eth_").filter(|name| ETH.contains(name))?;
    let (first, rest) = name.split_at_checked(1)?;
    Some(format!("Filecoin.Eth{}{rest}", first.to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_those_of_lotus() {
        assert_eq!(resolve("eth_chainId").as_deref(), Some("Filecoin.EthChainId"));
        assert_eq!(resolve("net_version").as_deref(), Some("Filecoin.NetVersion"));
        for unknown in
            ["eth_ChainId", "eth_", "eth_mine", "net_peerCount", "chainId", "Filecoin.EthCall"]
        {
            assert_eq!(resolve(unknown), None, "{unknown}");
        }
    }
}

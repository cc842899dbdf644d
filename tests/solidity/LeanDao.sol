// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.30;

/// What a DataDAO's deals and tokens would cost as a contract of Ethereum's: the same checks and the
/// same book-keeping as in actors/datadao, by hand packed into as few storage slots as hold them, and
/// nothing else. It calls no receiver's hook. For measurements alone.
contract LeanDao {
    /// Terms that bind every deal, in one slot.
    struct Policy {
        uint32 minDuration;
        uint32 maxDuration;
        uint32 maxStartDelay;
        uint16 maxLabelBytes;
        uint8 perOwner;
        uint64 maxPrice;
        uint64 maxCollateral;
    }

    struct Listing {
        uint32 id;
        uint64 pieceSize;
        uint16 wanted;
        uint16 taken;
        uint112 reward;
    }

    struct Replica {
        uint64 deal;
        uint64 provider;
        uint64 owner;
        uint32 start;
        uint32 end;
    }

    struct Holder {
        uint104 balance;
        uint104 received;
        uint32 seen;
        bool delegates;
    }

    struct Totals {
        uint96 promised;
        uint96 minted;
        uint32 pausedUntil;
        uint32 datasets;
    }

    struct Proposal {
        bytes32 piece;
        uint64 pieceSize;
        bool verified;
        uint64 client;
        uint64 provider;
        uint256 label;
        uint64 start;
        uint64 end;
        uint256 price;
        uint256 collateral;
    }

    event Transfer(address indexed from, address indexed to, uint256 value);
    event DealRecorded(uint32 indexed dataset, uint64 indexed provider, uint64 deal, uint256 reward);

    address private constant MARKET = 0xff00000000000000000000000000000000000005;
    address private constant CALL_ACTOR_BY_ID = 0xfe00000000000000000000000000000000000005;
    uint64 private constant AUTHENTICATE_MESSAGE = 2643134072;
    uint64 private constant MARKET_NOTIFY_DEAL = 4186741094;
    uint64 private constant GET_OWNER = 3275365574;
    uint32 private constant DAY = 2880;
    uint64 private constant CBOR = 0x51;
    uint64 private constant READ_ONLY = 1;

    uint256 private immutable CAP;
    bool private immutable PAYS_ON_PUBLISH;
    uint64 private immutable SELF;
    address private immutable ADMIN;

    Totals private totals;
    Policy private policy;
    uint256 public totalSupply;
    uint32 private snapshot;
    mapping(bytes32 => Listing) private listings;
    mapping(uint256 => Replica) private replicas;
    mapping(uint256 => uint256) private rewards;
    mapping(uint64 => uint32) private barredUntil;
    mapping(address => Holder) private holders;
    mapping(address => address) private delegate;
    mapping(address => mapping(uint32 => uint256)) private history;
    mapping(address => bool) private minters;

    constructor(uint64 self, bool paysOnPublish) {
        (SELF, PAYS_ON_PUBLISH, CAP, ADMIN) = (self, paysOnPublish, 1e24, msg.sender);
        policy = Policy(180 * DAY, 540 * DAY, 14 * DAY, 64, 2, 0, 0);
        minters[msg.sender] = true;
    }

    function list(bytes32 piece, uint64 pieceSize, uint16 wanted, uint112 reward) external {
        require(msg.sender == ADMIN && listings[piece].id == 0);
        listings[piece] = Listing(++totals.datasets, pieceSize, wanted, 0, reward);
    }

    function mint(address to, uint256 amount) external {
        require(minters[msg.sender] && totals.minted + totals.promised + amount <= CAP);
        _mint(to, amount);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        // As much as a balance holds: a larger one would be of another sign below.
        require(amount <= type(uint104).max);
        _move(msg.sender, -int256(amount));
        _move(to, int256(amount));
        emit Transfer(msg.sender, to, amount);
        return true;
    }

    function balanceOf(address holder) external view returns (uint256) {
        return holders[holder].balance;
    }

    function replicasOf(bytes32 piece) external view returns (uint16) {
        return listings[piece].taken;
    }

    /// What Filecoin's actors call: FRC-42 methods with parameters in CBOR.
    function handle_filecoin_method(uint64 method, uint64, bytes calldata params)
        external
        returns (uint32, uint64, bytes memory)
    {
        require(msg.sender == MARKET);
        (uint256 at, uint256 fields) = _head(params, 0, 4);
        require(fields == 2);
        if (method == AUTHENTICATE_MESSAGE) {
            uint256 length;
            (at, length) = _head(params, at, 2);
            (at, length) = _head(params, at + length, 2);
            _admit(_proposal(params[at:at + length]));
            return (0, CBOR, hex"f5");
        }
        require(method == MARKET_NOTIFY_DEAL);
        (uint256 from, uint256 size) = _head(params, at, 2);
        (, uint256 deal) = _head(params, from + size, 0);
        _record(_proposal(params[from:from + size]), uint64(deal));
        return (0, 0, "");
    }

    function _admit(Proposal memory p) private view returns (Listing memory listing) {
        Policy memory rules = policy;
        require(totals.pausedUntil <= block.number && p.client == SELF && !p.verified);
        require(p.label <= rules.maxLabelBytes && p.end > p.start);
        uint256 duration = p.end - p.start;
        require(duration >= rules.minDuration && duration <= rules.maxDuration);
        require(p.start <= block.number + rules.maxStartDelay);
        require(p.price <= rules.maxPrice && p.collateral <= rules.maxCollateral);
        listing = listings[p.piece];
        require(listing.id != 0 && listing.pieceSize == p.pieceSize && listing.taken < listing.wanted);
        require(totals.minted + totals.promised + listing.reward <= CAP);
        require(barredUntil[p.provider] <= block.number);
        for (uint256 i = 0; i < listing.taken; i++) {
            require(replicas[_slot(listing.id, i)].provider != p.provider);
        }
    }

    function _record(Proposal memory p, uint64 deal) private {
        Listing memory listing = _admit(p);
        uint64 owner = _owner(p.provider);
        require(barredUntil[owner] <= block.number);
        uint256 same = 0;
        for (uint256 i = 0; i < listing.taken; i++) {
            Replica memory other = replicas[_slot(listing.id, i)];
            require(other.deal != deal);
            if (other.owner == owner) same++;
        }
        require(same < policy.perOwner);
        uint256 slot = _slot(listing.id, listing.taken);
        replicas[slot] = Replica(deal, p.provider, owner, uint32(p.start), uint32(p.end));
        listings[p.piece].taken = listing.taken + 1;
        if (PAYS_ON_PUBLISH) {
            _mint(address(uint160(0xff << 152) | uint160(owner)), listing.reward);
        } else {
            totals.promised += uint96(listing.reward);
            rewards[slot] = listing.reward;
        }
        emit DealRecorded(listing.id, p.provider, deal, listing.reward);
    }

    function _slot(uint32 dataset, uint256 index) private pure returns (uint256) {
        return uint256(dataset) << 32 | index;
    }

    function _mint(address to, uint256 amount) private {
        totals.minted += uint96(amount);
        totalSupply += amount;
        _move(to, int256(amount));
        emit Transfer(address(0), to, amount);
    }

    /// Changes a balance and the votes that come with it, and keeps what they were at the last snapshot.
    function _move(address who, int256 amount) private {
        Holder memory holder = holders[who];
        _remember(who, holder, holder.delegates ? 0 : holder.balance);
        holder.balance = _add(holder.balance, amount);
        holders[who] = holder;
        if (holder.delegates) {
            address to = delegate[who];
            Holder memory other = holders[to];
            _remember(to, other, other.delegates ? 0 : other.balance);
            other.received = _add(other.received, amount);
            holders[to] = other;
        }
    }

    function _remember(address who, Holder memory holder, uint256 own) private {
        if (holder.seen < snapshot) {
            history[who][snapshot] = own + holder.received;
            holder.seen = snapshot;
        }
    }

    function _add(uint104 value, int256 amount) private pure returns (uint104) {
        int256 sum = int256(uint256(value)) + amount;
        require(sum >= 0 && sum <= int256(uint256(type(uint104).max)));
        return uint104(uint256(sum));
    }

    /// The owner of a provider, as its miner actor says.
    function _owner(uint64 provider) private returns (uint64 owner) {
        bytes memory call = abi.encode(GET_OWNER, 0, READ_ONLY, 0, "", provider);
        (bool ok, bytes memory reply) = CALL_ACTOR_BY_ID.delegatecall(call);
        require(ok);
        (int256 exit,, bytes memory data) = abi.decode(reply, (int256, uint64, bytes));
        require(exit == 0);
        // An array of addresses, the first of them an f0 address: a zero and the ID.
        uint256 length = uint8(data[1]) & 0x1f;
        require(data[0] == 0x82 && uint8(data[1]) >> 5 == 2 && length < 24 && data[2] == 0);
        for (uint256 i = 1; i < length; i++) {
            owner |= uint64(uint8(data[2 + i]) & 0x7f) << uint64(7 * (i - 1));
        }
    }

    function _proposal(bytes calldata cbor) private pure returns (Proposal memory p) {
        uint256 number;
        uint256 length;
        (uint256 at, uint256 fields) = _head(cbor, 0, 4);
        require(fields == 11);
        (at, number) = _head(cbor, at, 6);
        require(number == 42);
        (at, length) = _head(cbor, at, 2);
        // A zero, then a CID whose last 32 bytes are the commitment.
        require(length == 40);
        p.piece = bytes32(cbor[at + 8:at + 40]);
        (at, number) = _head(cbor, at + 40, 0);
        p.pieceSize = uint64(number);
        p.verified = uint8(cbor[at++]) == 0xf5;
        (at, length) = _head(cbor, at, 2);
        p.client = _id(cbor[at:at + length]);
        (at, length) = _head(cbor, at + length, 2);
        p.provider = _id(cbor[at:at + length]);
        at += length;
        (at, p.label) = _head(cbor, at, uint8(cbor[at]) >> 5);
        (at, number) = _head(cbor, at + p.label, 0);
        p.start = uint64(number);
        (at, number) = _head(cbor, at, 0);
        p.end = uint64(number);
        (at, p.price) = _amount(cbor, at);
        (at,) = _amount(cbor, at);
        (, p.collateral) = _amount(cbor, at);
    }

    /// The ID of an f0 address.
    function _id(bytes calldata raw) private pure returns (uint64 id) {
        require(raw[0] == 0);
        for (uint256 i = 1; i < raw.length; i++) {
            id |= uint64(uint8(raw[i]) & 0x7f) << uint64(7 * (i - 1));
        }
    }

    function _amount(bytes calldata cbor, uint256 at) private pure returns (uint256, uint256 amount) {
        uint256 length;
        (at, length) = _head(cbor, at, 2);
        require(length <= 33);
        if (length != 0) {
            require(cbor[at] == 0);
            for (uint256 i = 1; i < length; i++) {
                amount = amount << 8 | uint8(cbor[at + i]);
            }
        }
        return (at + length, amount);
    }

    /// The number in the head of an item of this major type, and where the head ends.
    function _head(bytes calldata cbor, uint256 at, uint8 major) private pure returns (uint256, uint256) {
        uint8 first = uint8(cbor[at++]);
        require(first >> 5 == major);
        uint8 low = first & 0x1f;
        if (low < 24) return (at, low);
        require(low < 28);
        uint256 bytes_ = 1 << (low - 24);
        uint256 number = uint256(bytes32(cbor[at:at + bytes_])) >> (256 - 8 * bytes_);
        return (at + bytes_, number);
    }
}

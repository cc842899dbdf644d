// Clients of Lotus and of Ethereum, as their users have them, against a dev node: `scripts/try-node`
// starts one, deploys the actors to it, and names it in the environment.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

import glif from '@glif/filecoin-rpc-client'
import { Contract, JsonRpcProvider, Wallet, WebSocketProvider, parseEther } from 'ethers'
import { Message } from 'iso-filecoin/message'
import { RPC } from 'iso-filecoin/rpc'
import { accountFromLotus, create, signMessage } from 'iso-filecoin/wallet'

const repo = process.env.LOTUS_PATH
const token = await readFile(`${repo}/token`, 'utf8')
const [, , host, , port] = (await readFile(`${repo}/api`, 'utf8')).trim().split('/')
const node = `${host}:${port}`

const Lotus = glif.default ?? glif
const lotus = new Lotus({ apiAddress: `http://${node}/rpc/v1`, token })
const dev = new Lotus({ apiAddress: `http://${node}/rpc/v1`, token, namespace: 'Fab' })

/** The result of a call by iso-filecoin, which returns errors. */
const result = async (call) => {
  const { result, error } = await call
  assert.equal(error, undefined, error?.message)
  return result
}

test('iso-filecoin makes a wallet, signs, pushes, waits and reads', async () => {
  const rpc = new RPC({ api: `http://${node}/rpc/v1`, token, network: 'testnet' })
  assert.equal((await result(rpc.version())).APIVersion, 0x020300)
  assert.equal(await result(rpc.networkName()), 'fab')

  for (const type of ['SECP256K1', 'BLS']) {
    const [ann, bob] = [create(type, 'testnet'), create(type, 'testnet')]
    await dev.request('Fund', ann.address.toString(), '5000000000000000000')
    assert.equal(await result(rpc.balance(ann.address.toString())), '5000000000000000000')

    const message = await new Message({
      from: ann.address.toString(),
      to: bob.address.toString(),
      value: '2000000000000000000',
    }).prepare(rpc)
    const signature = signMessage(ann.privateKey, type, message)
    const cid = await result(
      rpc.pushMessage({ msg: message, signature: { type, data: signature.data } }),
    )
    const found = await result(rpc.waitMsg({ cid }))
    assert.equal(found.Receipt.ExitCode, 0)
    assert.equal(await result(rpc.balance(bob.address.toString())), '2000000000000000000')
    assert.equal(await result(rpc.nonce(ann.address.toString())), 1)

    const id = await result(rpc.stateLookupID({ address: bob.address.toString() }))
    const key = await result(rpc.stateAccountKey({ address: id }))
    assert.equal(key, bob.address.toString())
  }
})

test('iso-filecoin imports what the node exports', async () => {
  const address = await lotus.request('WalletNew', 'secp256k1')
  const { Type, PrivateKey } = await lotus.request('WalletExport', address)
  const exported = Buffer.from(JSON.stringify({ Type, PrivateKey })).toString('hex')
  assert.equal(accountFromLotus(exported, 'testnet').address.toString(), address)
})

test('the RPC client of Glif has the node sign, and waits', async () => {
  const from = await lotus.request('WalletDefaultAddress')
  const to = await lotus.request('WalletNew', 'bls')
  const message = { From: from, To: to, Value: '1000000000000000000' }
  const pushed = await lotus.request('MpoolPushMessage', message, null)
  const found = await lotus.request('StateWaitMsg', pushed.CID, 0, -1, true)
  assert.equal(found.Receipt.ExitCode, 0)
  assert.equal(await lotus.request('WalletBalance', to), '1000000000000000000')
  const { Height } = await lotus.request('ChainHead')
  assert.ok(Height >= found.Height)
})

test('without a token nothing but reading works', async () => {
  const anyone = new Lotus({ apiAddress: `http://${node}/rpc/v1` })
  await anyone.request('ChainHead')
  await assert.rejects(anyone.request('WalletNew', 'bls'), /missing permission/)
  await assert.rejects(anyone.request('WalletList'), /missing permission/)
})

test('ethers sends FIL', async () => {
  const provider = new JsonRpcProvider(`http://${node}`)
  assert.equal((await provider.getNetwork()).chainId, 31415926n)
  const [ann, bob] = [Wallet.createRandom(provider), Wallet.createRandom(provider)]
  const filecoin = await lotus.request('EthAddressToFilecoinAddress', ann.address)
  await dev.request('Fund', filecoin, '10000000000000000000')

  const sent = await ann.sendTransaction({ to: bob.address, value: parseEther('2') })
  const receipt = await sent.wait()
  assert.equal(receipt.status, 1)
  assert.equal(await provider.getBalance(bob.address), parseEther('2'))
  // The price of a unit of gas is what was paid for all, over the units, rounded down.
  const paid = parseEther('8') - (await provider.getBalance(ann.address))
  assert.equal(paid / receipt.gasUsed, receipt.gasPrice)
})

test('ethers uses the token of the DAO', async () => {
  const provider = new JsonRpcProvider(`http://${node}`)
  const holder = (await lotus.request('WalletList')).find((address) => address.startsWith('t410'))
  const { PrivateKey } = await lotus.request('WalletExport', holder)
  const ann = new Wallet(`0x${Buffer.from(PrivateKey, 'base64').toString('hex')}`, provider)
  const bob = Wallet.createRandom(provider)

  const { deployments } = JSON.parse(await readFile(`${repo}/deployment.json`, 'utf8'))
  const { created } = deployments[0].steps.find(({ step }) => step === 'create datadao')
  const face = await lotus.request('FilecoinAddressToEthAddress', created.id, 'latest')
  const data = new Contract(
    face,
    [
      'function symbol() view returns (string)',
      'function decimals() view returns (uint8)',
      'function balanceOf(address) view returns (uint256)',
      'function transfer(address to, uint256 amount) returns (bool)',
      'event Transfer(address indexed from, address indexed to, uint256 value)',
    ],
    ann,
  )
  assert.equal(await data.symbol(), 'DATA')
  assert.equal(await data.decimals(), 18n)
  assert.equal(await data.balanceOf(ann.address), parseEther('5'))

  const sent = await data.transfer(bob.address, parseEther('2'))
  const receipt = await sent.wait()
  assert.equal(receipt.status, 1)
  assert.equal(await data.balanceOf(ann.address), parseEther('3'))
  assert.equal(await data.balanceOf(bob.address), parseEther('2'))
  const [transfer] = await data.queryFilter(data.filters.Transfer(ann.address), receipt.blockNumber)
  assert.equal(transfer.args.to, bob.address)
  assert.equal(transfer.args.value, parseEther('2'))
  await assert.rejects(data.transfer(bob.address, parseEther('4')))
})

test('ethers hears of new blocks over WebSocket', async () => {
  const provider = new WebSocketProvider(`ws://${node}/rpc/v1`)
  const heard = new Promise((resolve) => provider.on('block', resolve))
  // It listens only some time after it was told to.
  const clock = setInterval(() => dev.request('Mine', 1).catch(() => {}), 100)
  try {
    assert.ok((await heard) > 0)
  } finally {
    clearInterval(clock)
    await provider.destroy()
  }
})

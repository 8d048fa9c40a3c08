"""R21, R22, R24: what is sealed opens only where it belongs, with the right key, and looks like nothing."""

import os
import random
import stat

import pytest

from taizhang.engine.errors import DomainError
from taizhang.protection import cipher, keys

NUMBER, OTHER = "992323196001011200", "992323196001011219"
CONTEXT = b"token of the person"


@pytest.fixture
def ring(settings, tmp_path):
    settings.KEY_FILE = tmp_path / "keys.json"
    keys.ring.cache_clear()
    yield keys.create()
    keys.ring.cache_clear()


def test_r24_the_known_answers_of_the_standards_are_met_and_a_wrong_one_refuses_to_start(ring, monkeypatch):
    assert cipher.self_test()
    monkeypatch.setattr(cipher.modes, "ECB", lambda: cipher.modes.CTR(bytes(16)))
    assert not cipher.self_test()
    keys.ring.cache_clear()
    with pytest.raises(DomainError, match="keys"):
        keys.ring()


def test_a_sealed_value_opens_again_and_the_same_value_never_looks_the_same(ring):
    one, two = keys.seal("id_number", NUMBER, CONTEXT), keys.seal("id_number", NUMBER, CONTEXT)
    assert one != two
    assert len(one) == 1 + 4 + 12 + 18 + 16
    assert keys.unseal("id_number", one, CONTEXT) == keys.unseal("id_number", two, CONTEXT) == NUMBER
    assert keys.seal_many("id_number", [None, "王"], [b"", b""])[0] is None


def test_r22_every_bit_flip_is_noticed(ring):
    blob = keys.seal("id_number", NUMBER, CONTEXT)
    for bit in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DomainError, match="seal_broken"):
            keys.unseal("id_number", bytes(changed), CONTEXT)


def test_r22_ten_thousand_swaps_between_rows_and_items_are_refused(ring):
    chance = random.Random(1)
    contexts = [os.urandom(32) for _ in range(200)]
    items = ["id_number", "mobile_phone"]
    blobs = {item: keys.seal_many(item, [NUMBER] * 200, contexts) for item in items}
    refused = 0
    for _ in range(10_000):
        a, b = chance.sample(range(200), 2)
        item, other = chance.sample(items, 2)
        item_read, row_read = chance.choice([(item, b), (other, a), (other, b)])
        try:
            cipher.unseal_list(ring, item_read, [blobs[item][a]], [contexts[row_read]])
        except cipher.SealBroken:
            refused += 1
    assert refused == 10_000


@pytest.mark.parametrize("blob", [b"", b"\x01", bytes(33), bytes(200)])
def test_a_blob_that_is_none_is_refused(ring, blob):
    with pytest.raises(DomainError, match="seal_broken"):
        keys.unseal("id_number", blob, CONTEXT)


def test_another_installations_key_opens_nothing(ring, settings, tmp_path):
    blob = keys.seal("id_number", NUMBER, CONTEXT)
    settings.KEY_FILE = tmp_path / "other.json"
    keys.ring.cache_clear()
    keys.create()
    with pytest.raises(DomainError, match="seal_broken"):
        keys.unseal("id_number", blob, CONTEXT)


def test_values_sealed_with_an_older_key_still_open(ring):
    blob = keys.seal("id_number", NUMBER, CONTEXT)
    newer = cipher.KeyRing("0a0b0c0d", {**ring.sm4, "0a0b0c0d": os.urandom(16)}, ring.hmac, ring.audit)
    assert cipher.unseal_list(newer, "id_number", [blob], [CONTEXT]) == [NUMBER]
    assert cipher.seal_list(newer, "id_number", [NUMBER], [CONTEXT])[0][1:5].hex() == "0a0b0c0d"


def test_tokens_are_equal_for_equal_values_of_one_item_only(ring):
    assert keys.token("id_number", NUMBER) == keys.token("id_number", NUMBER)
    assert (
        len({keys.token("id_number", NUMBER), keys.token("id_number", OTHER), keys.token("mobile_phone", NUMBER)}) == 3
    )
    assert len(keys.token("id_number", NUMBER)) == 32
    assert keys.tokens_many("id_number", [None, NUMBER]) == [None, keys.token("id_number", NUMBER)]


def test_many_values_of_all_lengths_keep_their_order_and_one_wrong_one_spoils_the_batch(ring):
    values = [None if n % 97 == 0 else "号" * (n % 20) + str(n) for n in range(3000)]  # up to five cipher blocks
    contexts = [str(n).encode() for n in range(3000)]
    blobs = keys.seal_many("mobile_phone", values, contexts)
    assert len(set(blobs)) == 3000 - 31 + 1  # 0, 97, ... 2910 are None
    assert keys.unseal_many("mobile_phone", blobs, contexts) == values
    blobs[-1] = blobs[-2]
    with pytest.raises(DomainError, match="seal_broken"):
        keys.unseal_many("mobile_phone", blobs, contexts)


@pytest.mark.parametrize("text", ["", "a", "x" * 16, "x" * 17, "长" * 100_000])
def test_texts_of_any_length_open_again(ring, text):
    assert keys.unseal("upload", keys.seal("upload", text, CONTEXT), CONTEXT) == text


def test_the_key_file_is_its_owners_alone_and_never_overwritten(ring, settings):
    assert stat.S_IMODE(settings.KEY_FILE.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        cipher.create_key_file(settings.KEY_FILE)
    assert keys.create() == ring
    assert NUMBER not in repr(ring)
    assert repr(ring) == f"KeyRing(active='{ring.active}')"


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"format": "taizhang-keys-1", "active": "00", "sm4": {}, "hmac": "", "audit": ""}']
)
def test_a_wrong_key_file_is_named(ring, settings, content):
    settings.KEY_FILE.write_text(content)
    keys.ring.cache_clear()
    with pytest.raises(DomainError) as caught:
        keys.ring()
    assert str(settings.KEY_FILE) in caught.value.message


def test_a_missing_key_file_is_named_and_not_replaced_silently(ring, settings):
    settings.KEY_FILE.unlink()
    keys.ring.cache_clear()
    with pytest.raises(DomainError) as caught:
        keys.token("id_number", NUMBER)
    assert "没有找到密钥文件" in caught.value.message
    assert not settings.KEY_FILE.exists()

"""Everything that stands in Redis, in clear: a dump may be compressed, and hide what is looked for."""

from redis.asyncio import Redis

_READ = {
    b"string": lambda redis, key: redis.get(key),
    b"zset": lambda redis, key: redis.zrange(key, 0, -1, withscores=True),
    b"list": lambda redis, key: redis.lrange(key, 0, -1),
    b"set": lambda redis, key: redis.smembers(key),
    b"hash": lambda redis, key: redis.hgetall(key),
    b"stream": lambda redis, key: redis.xrange(key),
}


async def everything_in(url: str) -> str:
    """Every key with its value."""
    redis = Redis.from_url(url)
    try:
        return str([(key, await _READ[await redis.type(key)](redis, key)) for key in await redis.keys("*")])
    finally:
        await redis.aclose()

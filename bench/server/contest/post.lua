-- For wrk: posts one body again and again, and prints what came of it as JSON.
-- Arguments: the file with the body, then header names and values in turns.

init = function(args)
    local file = assert(io.open(args[1], "rb"))
    wrk.method, wrk.body = "POST", file:read("*a")
    file:close()
    for place = 2, #args, 2 do
        wrk.headers[args[place]] = args[place + 1]
    end
end

done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format(
        '\nRESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.4f, "p99_ms": %.4f, "failed": %d, "lost": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        e.status, e.connect + e.read + e.write + e.timeout
    ))
end

# Other people's filters in the same server: Lua's access, header and body
# phases, ModSecurity with both bodies, gzip, sub_filter, auth_request.  They
# see requests and replies as ever, and nothing of them runs on a fiber.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use IO::Uncompress::Gunzip qw(gunzip);

my $modules = '/usr/lib/nginx/modules';
my @missing = grep { !-e "$modules/$_.so" } qw(ndk_http_module
    ngx_http_lua_module ngx_http_modsecurity_module);

plan(skip_all => "not installed: @missing") if @missing;
plan(skip_all => 'their libraries are not built for the sanitizers')
    if Civic::Nginx::asan();

my $load = join "\n", map { "load_module $modules/$_.so;" } qw(
    ndk_http_module ngx_http_lua_module ngx_http_modsecurity_module);

my $civic = civic(form => 'single', people => 1, main => $load,
    plugins => ['login', 'hello'], fixtures => ['fault'],
    http => <<'CONF', locations => <<'LOCATIONS');
    gzip on;
    gzip_min_length 1;
    gzip_types application/json application/problem+json text/plain;
    lua_shared_dict seen 64k;
CONF
        location /civic/ { civic_console on; }
        location /lua/ {
            # yields, and reads the body before we do
            access_by_lua_block {
                ngx.sleep(0.005)
                ngx.req.read_body()
                ngx.shared.seen:incr("access", 1, 0)
                if ngx.var.arg_refuse then
                    return ngx.exit(403)
                end
            }
            header_filter_by_lua_block {
                ngx.header["X-Lua"] = "seen"
                ngx.header.content_length = nil
            }
            body_filter_by_lua_block {
                local deep = string.rep("x", 65536):gsub("x", "y")
                if ngx.arg[2] then
                    ngx.arg[1] = (ngx.arg[1] or "") .. "\n"
                end
            }
            log_by_lua_block { ngx.shared.seen:incr("log", 1, 0) }
            civic on;
        }
        location /small/ {
            # whatever is read before us lies in a file
            client_body_buffer_size 1k;
            access_by_lua_block { ngx.req.read_body() }
            civic on;
        }
        location /file/ {
            client_body_in_file_only clean;
            access_by_lua_block { ngx.req.read_body() }
            civic on;
        }
        location /waf/ {
            client_body_buffer_size 1k;
            modsecurity on;
            modsecurity_rules '
                SecRuleEngine On
                SecRequestBodyAccess On
                SecResponseBodyAccess On
                SecResponseBodyMimeType application/json text/plain
                SecRule ARGS "@contains evil" "id:1,phase:2,deny,status:403"
                SecRule REQUEST_BODY "@contains evil" "id:2,phase:2,deny,status:403"
                SecRule RESPONSE_BODY "@contains forbidden-word" "id:3,phase:4,deny,status:403"
            ';
            civic on;
        }
        location /sub/ {
            sub_filter citizen visitor;
            sub_filter_types *;
            sub_filter_once off;
            civic on;
        }
        location /guarded/ {
            auth_request /asked/fault/mine;
            civic on;
        }
        location /asked/ {
            internal;
            civic on;
        }
        location /all/ {
            modsecurity on;
            modsecurity_rules 'SecRuleEngine On
                SecRequestBodyAccess On
                SecResponseBodyAccess On';
            access_by_lua_block { ngx.req.read_body() }
            body_filter_by_lua_block { local n = #(ngx.arg[1] or "") }
            sub_filter citizen visitor;
            sub_filter_types *;
            sub_filter_once off;
            civic on;
        }
        location / { civic on; }
        location = /captured {
            content_by_lua_block {
                local post = { method = ngx.HTTP_POST,
                    body = '{"name":"captured","value":"by-lua"}' }
                ngx.req.set_header("Content-Type", "application/json")
                local written = ngx.location.capture("/fault/pair", post)
                local empty = ngx.location.capture("/fault/pair",
                    { method = ngx.HTTP_POST })
                local read = ngx.location.capture("/fault/read/captured")
                ngx.print(written.status, " ", empty.status, " ",
                          read.status, " ", read.body)
            }
        }
        location /mirrored/ {
            mirror /mirror-target;
            civic on;
        }
        location = /mirror-target {
            internal;
            rewrite ^ /fault/pair break;
            proxy_pass http://127.0.0.1:1;
        }
        location = /lua-count {
            content_by_lua_block {
                ngx.print(ngx.shared.seen:get("access") or 0, " ",
                          ngx.shared.seen:get("log") or 0)
            }
        }
LOCATIONS
my $nginx = $civic->nginx;
my $client = $civic->client;
my $person = $civic->person;
my ($worker) = $nginx->workers;

serves($civic, 'beside them');

# A citizen's whole way through each of them.
sub whole_way {
    my ($below) = @_;
    my $client = Civic::Client->new(url => $nginx->url . $below);
    my $word = "way$below" =~ tr{/}{-}r;
    my $token = $client->login($person->{id_number}, $person->{password});

    is($client->get('/login/profile', token => $token)->{status}, 200,
        "$below: login and profile");
    for my $size (1, 900, 1200, 5000, 8000) {
        my $value = join '', map { chr 97 + $_ % 26 } 1 .. $size;
        my $written = $client->post('/fault/pair',
            json => { name => "$word-$size", value => $value });

        is($written->{status}, 201, "$below: a body of $size bytes")
            or diag($written->{content});
        my $read = $client->get("/fault/read/$word-$size");
        is($read->{json}{value}, $value, "$below: and what was written")
            if $read->{status} == 200;
    }
    is($client->get('/nothing')->{json}{code}, 'not_found', "$below: a 404");
    my @many = ask_all($civic, map { [ 'GET', "$below/fault/trips/x" ] }
        1 .. 40);
    is(scalar(grep { $_->{status} == 200 } @many), 40,
        "$below: forty at once");
    is($client->delete('/login/session', token => $token)->{status}, 204,
        "$below: logout");
    return;
}

whole_way($_) for qw(/lua /small /file /waf /sub /all);

# Each does its own work.
my $answer = $client->get('/lua/fault/text');
is($answer->{headers}{'x-lua'}, 'seen', 'the header filter');
is(substr($answer->{content}, -1), "\n", 'the body filter');
is($client->get('/lua/fault/text?refuse=1')->{status}, 403, 'access refuses');
my ($access, $log) = split ' ', $client->get('/lua-count')->{content};
cmp_ok($access, '>', 50, "access ran $access times");

is($client->get('/waf/fault/read/x?a=evil')->{status}, 403,
    'ModSecurity refuses a query');
is($client->post('/waf/fault/pair',
    json => { name => 'waf', value => 'evil' })->{status}, 403,
    'and a body');
is($civic->redis->command('GET', 'civic:fault:{waf}:a'), undef,
    'which was not written');
$client->post('/fault/pair',
    json => { name => 'leak', value => 'a forbidden-word' });
is($client->get('/fault/read/leak')->{json}{value}, 'a forbidden-word',
    'written beside it');
# Its phase 4 comes after the head has left, and nginx says so: with its own
# static files too.
$nginx->allow(qr/\[alert\].*header already sent.*waf.fault.read.leak/);
my ($refused) = ask_all($civic, [ 'GET', '/waf/fault/read/leak' ]);
unlike($refused->{content}, qr/forbidden-word/, 'ModSecurity refuses a reply');
is(($nginx->workers)[0], $worker, 'and the worker lives');

my $plain = $client->get('/fault/text')->{content};
is(scalar(() = $plain =~ /citizen/g), 400, 'the text as it is');
for my $below (qw(/sub /all)) {
    my $text = $client->get("$below/fault/text")->{content};

    is($text, $plain =~ s/citizen/visitor/gr, "$below: sub_filter, all of it");
}
my $packed = $client->get('/all/fault/text',
    headers => { 'Accept-Encoding' => 'gzip' });
is($packed->{headers}{'content-encoding'}, 'gzip', 'gzip');
gunzip(\$packed->{content} => \my $unpacked);
is($unpacked, $plain =~ s/citizen/visitor/gr, 'behind all the others');

# auth_request asks a route of ours in a subrequest.
my $session = $client->post('/fault/session', json => { name => 'guarded' });
is($client->get('/guarded/fault/text')->{status}, 401,
    'auth_request: nobody');
is($client->get('/guarded/fault/text',
    token => $session->{json}{token})->{status}, 200,
    'auth_request: a session');

# Lua asks routes of ours in subrequests, with a body and without.
my $captured = $client->get('/captured');
is($captured->{content}, '201 422 200 {"value":"by-lua"}',
    'subrequests of Lua');

# mirror reads the body before us, for somebody who is not there.
is($client->post('/mirrored/fault/pair',
    json => { name => 'mirrored', value => 'm' x 3000 })->{status}, 201,
    'a mirrored request');

# Clients that leave while a neighbour holds the request.
for (1 .. 60) {
    my ($one) = send_all($civic, [ 'GET', '/lua/fault/trips/x' ]);
    close $one->{socket};
}
settled($civic, 'after clients that left');
$nginx->reload;
serves($civic, 'after a reload');
whole_way('/all');

finish();

# Blobs of texts: what is kept comes back to its person and to nobody else,
# nothing of it stands in clear, what is deleted cannot be brought back, and
# URLs end.  Then the folder: how it is made, what nginx -t refuses, and that
# doctor proves whether machines share it.

use lib 't/lib';
use Civic::Test;

use File::Copy qw(copy);

my $civic = civic(plugins => [ 'hello', 'civic' ], fixtures => [ 'keeper', 'files' ],
    workers => 2);
my $nginx = $civic->nginx;
my $redis = $civic->redis;
my $client = $civic->client(unseen => 1);
my $blobs = $nginx->folder . '/blobs';

sub token {
    my ($name) = @_;

    return $client->post('/keeper/sessions', json => { name => $name })
        ->{json}{token};
}

sub keep {
    my ($token, $text, %arg) = @_;

    return $client->post('/keeper/files', token => $token,
        json => { text => $text, %arg });
}

sub look {
    my ($token, $id, $where) = @_;

    return $client->get('/keeper/' . ($where || 'files') . "/$id",
        token => $token);
}

sub files { return glob "$blobs/??/*.*" }
sub file_of { return (grep { /\Q.$_[0]\E$/ } files())[0] }

# A slot that is just moving is nobody's for a moment.
sub store {
    my (@words) = @_;
    my $answer;

    Civic::Process::wait_for("redis: @words[0, 1]", 5,
        sub { eval { $answer = $redis->command(@words); 1 } });
    return $answer;
}

# Entries that the trail was ever given: a job moves them on.
sub audited {
    my $count = 0;

    for my $key ($redis->keys('civic:outbox:*')) {
        my %stream = @{ store('XINFO', 'STREAM', $key) };

        $count += $stream{'entries-added'};
    }
    return $count;
}

my $wang = token('wang');
my $li = token('li');

# ---- round trips -----------------------------------------------------------

my $kept = keep($wang, 'a-marker-of-wang');
is($kept->{status}, 201, 'kept');
my $id = $kept->{json}{id};
like($id, qr/^[\w-]{22}$/, 'its id');
is($kept->{json}{size}, 16, 'its size');

my $back = look($wang, $id);
is($back->{status}, 200, 'read');
is($back->{json}{text}, 'a-marker-of-wang', 'the text');
is($back->{json}{media_type}, 'text/plain', 'the type');

for my $times (4096, 4097, 65536, 262144) {
    my $long = keep($wang, '0123456789abcdef', times => $times);
    is($long->{status}, 201, "16 x $times bytes");
    $back = look($wang, $long->{json}{id});
    is($back->{json}{size}, 16 * $times, 'come back');
    is(substr($back->{json}{text}, 0, 32), '0123456789abcdef' x 2, 'whole');
}

is(keep($wang, 'x' x 17, times => 262144)->{status}, 500, 'over 4 MB: a bug');
ok($nginx->log_has(qr/a blob of 4456448 bytes .* cannot be written/), 'told');

is_problem(look($li, $id), 404, 'not_found', 'somebody else\'s');
is_problem(look($wang, $id, 'wrong'), 404, 'not_found', 'another purpose');
is_problem(look($wang, $_), 404, 'not_found', "no id: $_")
    for qw(x AAAAAAAAAAAAAAAAAAAAAA ..%2F..%2Fetc);
is_deeply($client->get('/civic/status')->{json}{alarms} // [], [],
    'none of that is an alarm');

my $status = $client->get('/civic/status')->{json}{blobs};
is($status->{mode}, 'local', 'the status tells of the folder');
ok($status->{bytes_free} > 0 && $status->{bytes_size} >= $status->{bytes_free},
    'and of its room');
like($client->get('/civic/metrics')->{content},
    qr/^civic_blobs_free_bytes \d{4,}$/m, 'so do the metrics');

# ---- nothing in clear ------------------------------------------------------

my $grep = `grep -rl 'a-marker-of-wang' $blobs $nginx->{folder}/tmp 2>&1`;
is($grep, '', 'nothing in clear in the folder');
is(join(' ', map { sprintf '%04o', (stat)[2] & 07777 } $blobs,
    "$blobs/incoming", file_of($id)), '0700 0700 0600', 'nor for others');
is(scalar(glob "$blobs/incoming/*"), undef, 'nothing left in incoming');
unlike(join("\n", $redis->keys('civic:*')), qr/wang/, 'nor in Redis');

# ---- URLs ------------------------------------------------------------------

sub url {
    my ($token, $blob, $lifetime) = @_;

    return $client->get("/keeper/files/$blob/url?lifetime=$lifetime",
        token => $token);
}

my $url = url($wang, $id, 60)->{json}{url};
like($url, qr{^/civic/blobs/[\w-]{50,}$}, 'a URL');
isnt(url($wang, $id, 60)->{json}{url}, $url, 'another each time');
my ($ticket) = $url =~ m{([^/]+)$};
my $loaded = $client->get("/civic/blobs/$ticket");
is($loaded->{status}, 200, 'it can be loaded by anybody');
is($loaded->{content}, 'a-marker-of-wang', 'and is the blob');

is(url($wang, $id, $_)->{status}, 500, "not for $_ s: a bug") for 0, 301;
is_problem(url($wang, 'x', 60), 404, 'not_found', 'no URL of no id');

my $short = url($wang, $id, 1)->{json}{url};
($short) = $short =~ m{([^/]+)$};
select undef, undef, undef, 1.1;
is_problem($client->get("/civic/blobs/$short"), 404, 'not_found',
    'too old');

for my $at (0, 5, 20, length($ticket) - 2) {
    my $forged = $ticket;
    substr($forged, $at, 1) =~ tr/A-Za-z0-9_-/B-ZAb-za1-90\-_/;
    is_problem($client->get("/civic/blobs/$forged"), 404, 'not_found',
        "forged at $at");
}
is_problem($client->get('/civic/blobs/' . 'A' x 600), 404, 'not_found',
    'far too long');

# ---- deletion --------------------------------------------------------------

my $before = audited();
my $path = file_of($id);
copy($path, "$nginx->{folder}/copy") or die $!;

is($client->delete("/keeper/files/$id", token => $li)->{status}, 204,
    'who deletes somebody else\'s');
is(look($wang, $id)->{status}, 200, 'deletes nothing');
is(audited(), $before, 'and the trail hears nothing');

is($client->delete("/keeper/files/$id", token => $wang)->{status}, 204,
    'deleted');
ok(!-e $path, 'the file has gone');
is(audited(), $before + 1, 'one entry for one blob, named twice');
is_problem(look($wang, $id), 404, 'not_found', 'gone');
is_problem($client->get("/civic/blobs/$ticket"), 404, 'not_found',
    'and its URL');

copy("$nginx->{folder}/copy", $path) or die $!;
system('chown', '--reference', $blobs, $path);
is_problem(look($wang, $id), 404, 'not_found',
    'a copy that is put back is noise');
unlink $path;

is($client->delete("/keeper/files/$id", token => $wang)->{status}, 204,
    'again is no error');
is(audited(), $before + 1, 'and no entry');
is($client->delete('/keeper/files/x', token => $wang)->{status}, 500,
    'what is no id is a bug');

# A record of a key that is no more: the deletion is told without its details.
$kept = keep($li, 'text of li')->{json}{id};
my ($record) = grep { /:blobs$/ && store('HEXISTS', $_, $kept) }
    $redis->keys('civic:*');
store('HSET', $record, $kept, 'no record at all');
is(look($li, $kept)->{status}, 500, 'a record that is damaged');
ok($nginx->log_has(qr/the record of a blob cannot be opened/), 'told');
like($client->get('/civic/status')->{content}, qr/"blob_damaged"/,
    'with an alarm');
is($client->delete("/keeper/files/$kept", token => $li)->{status}, 204,
    'can be deleted');
is(audited(), $before + 2, 'and the trail hears of it');

# ---- the folder ------------------------------------------------------------

my @proofs = glob "$blobs/workers/*";
is(scalar @proofs, 2, 'each worker has a proof');
$nginx->reload;
my @others = glob "$blobs/workers/*";
is(scalar @others, 2, 'after a reload, too');
isnt("@others", "@proofs", 'others');

SKIP: {
    skip 'root alone gives folders away', 1
        if $> != 0 || Civic::Nginx::asan();
    is((stat $blobs)[4], scalar getpwnam('www-data'), 'the workers\' own');
}

sub refused {
    my ($directives, $why, $name) = @_;

    $nginx->write_conf(civic => join "\n",
        map { s/^civic_blobs.*$/$directives/mr } $nginx->civic_directives);
    my ($good, $said) = $nginx->check;
    delete $nginx->{civic};
    ok(!$good, $name);
    like($said, $why, 'said');
    return;
}

SKIP: {
    skip 'a plain nginx cannot load what sanitizers watch', 15
        if Civic::Nginx::asan();

    my $dir = $nginx->folder;

    $nginx->allow(qr/\[emerg\]/);
    refused("civic_blobs $dir/no/such/folder;",
        qr{civic_blobs: the folder "\Q$dir\E/no/such/folder" cannot be made.*install -d .* \Q$dir\E/no/such/folder \(2: .*nginx.conf:\d+},
        'a folder that cannot be made');
    mkdir "$dir/$_" for qw(etc etc/ssl);
    refused("civic_blobs $dir/etc;",
        qr{civic_blobs: the folder "\Q$dir\E/etc" has somebody else's files: .*chown www-data \Q$dir\E/etc in .*nginx.conf:\d+},
        'a folder of somebody else\'s') if $> == 0;
    ok(!-e "$dir/etc/incoming" && !-e "$dir/etc/workers",
        'in which nothing is made');
    refused("civic_blobs $dir/copy;", qr{"\Q$dir\E/copy" cannot be used as a},
        'a file');
    refused('', qr{"files" takes uploads \("PUT /files/mine"\), and "civic_blobs},
        'uploads without a folder');
    refused("civic_blobs $dir/blobs common;",
        qr/invalid parameter "common", a folder is "local" or "shared"/,
        'neither local nor shared');
    refused("civic_blobs $dir/blobs;civic_blobs $dir/blobs;",
        qr/"civic_blobs" directive is duplicate/, 'two folders');
    $nginx->write_conf(civic => $nginx->civic_directives
        =~ s/^civic_blobs.*$/civic_blobs $dir\/new;/mr);
    ok(($nginx->check)[0], 'a folder that can be made');
    delete $nginx->{civic};
    ok(!-e "$dir/new", 'is not made by nginx -t');
    $nginx->write_conf;
}

# ---- doctor ----------------------------------------------------------------

sub doctor {
    my ($server) = @_;
    my ($status, $said) = $server->civicctl('doctor');

    return join "\n", grep { /blobs:/ } split /\n/, $said;
}

sub told_by {
    my ($count) = @_;

    Civic::Process::wait_for("$count proofs told", 10, sub {
        my %workers = @{ store('HGETALL', 'civic:workers') };
        my $now = time * 1000;
        return $count == grep { /"nonce"/ && /"at":(\d+)/ && $1 > $now - 14_000 }
            values %workers;
    });
    return;
}

$nginx->stop;
is(scalar(glob "$blobs/workers/*"), undef, 'a worker that ends takes it away');
store('DEL', 'civic:workers');
$nginx->start;
told_by(2);
my $said = doctor($nginx);
like($said, qr/blobs: user "\S+" can write \Q$blobs\E/, 'doctor tries it')
    if $> == 0;
like($said, qr/GB free/, 'looks at the room');
like($said, qr/blobs: 2 workers all have \Q$blobs\E \(local\)/,
    'and knows a folder of this machine');

# The same folder, shared by a second nginx on the same Redis.
$nginx->stop;
store('DEL', 'civic:workers');
$nginx->write_conf(blobs => 'shared', workers => 1);
$nginx->start;
my $second = Civic::Nginx->new(redis => $redis, plugins => ['hello'],
    fixtures => [ 'keeper', 'files' ], blobs => 'shared');
copy($nginx->keyring, $second->keyring) or die $!;
system('rm', '-rf', $second->folder . '/blobs');
symlink $blobs, $second->folder . '/blobs' or die $!;
$second->start;
told_by(2);
$said = doctor($nginx);
like($said, qr/1 machine, 2 workers share \Q$blobs\E, proved/,
    'two nginx share a folder: proved');

my $there = Civic::Client->new(url => $second->url, unseen => 1);
$id = keep($wang, 'for both')->{json}{id};
my $text = $there->get("/keeper/files/$id", token => $wang);
is($text->{json}{text}, 'for both', 'what one keeps the other reads');

# And one of its own, said to be shared.
$second->stop;
unlink $second->folder . '/blobs';
store('DEL', 'civic:workers');
$second->start;
told_by(2);
($said) = grep { /FAIL/ } split /\n/, doctor($nginx);
my ($worker) = $second->workers;
like($said, qr{worker \S+/$worker: it has another folder than this one},
    'the worker that has another folder is named');

$nginx->allow(qr/the file is not in the folder/);
$text = $there->get("/keeper/files/$id", token => $wang);
is_problem($text, 503, 'store_unavailable', 'where it is not, it is refused');
$second->stop;

finish();

# The key file is missing, unreadable, damaged, or another: a start is
# refused by name, a reload changes nothing, and nothing of the keys is ever
# in a message.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;
use File::Copy qw(copy);
use File::Path qw(make_path);

my $civic = civic(form => 'single', people => 1, fixtures => ['fault']);
my $nginx = $civic->nginx;
my $client = $civic->client;
my $person = $civic->person;
my $path = $nginx->keyring;
my $saved = "$path.saved";
my $token = $client->login($person->{id_number}, $person->{password});

$nginx->allow(qr/\[emerg\].*keyring/);
copy($path, $saved) or die $!;

open my $in, '<:raw', $path or die $!;
my $text = do { local $/; <$in> };
close $in;
my @secrets = $text =~ m{"([A-Za-z0-9+/_=-]{20,})"}g;
cmp_ok(scalar @secrets, '>', 0, 'the file holds keys');

sub put {
    my ($bytes) = @_;

    unlink $path;
    open my $out, '>:raw', $path or die $!;
    print {$out} $bytes;
    close $out;
    chmod 0600, $path;
    return;
}

my $key = $secrets[0];
my @bad = (
    [ 'missing', sub { unlink $path } ],
    [ 'empty', sub { put('') } ],
    [ 'half', sub { put(substr $text, 0, length($text) / 2) } ],
    [ 'no JSON', sub { put("keys: none\n") } ],
    [ 'another JSON', sub { put('{"hello": 1}') } ],
    [ 'a key cut short', sub { put($text =~ s/\Q$key\E/substr $key, 0, 20/er) } ],
    [ 'a key of no letters', sub { put($text =~ s/\Q$key\E/'!' x 44/er) } ],
    [ 'bytes', sub { put(join '', map { chr } 0 .. 255) } ],
    [ 'a folder', sub { unlink $path; mkdir $path } ],
);

sub restore {
    rmdir $path;
    unlink $path;
    copy($saved, $path) or die $!;
    chmod 0600, $path;
    return;
}

# At a reload, under a citizen who is logged in.
my @workers = $nginx->workers;
my $told = '';
for my $case (@bad) {
    my ($name, $damage) = @$case;

    $damage->();
    my ($ok, $said) = $nginx->check;
    ok(!$ok, "$name: nginx -t refuses it");
    like($said, qr/\Q$path\E/, "$name: names the file");
    $told .= $said;
    $nginx->log_mark;
    $nginx->signal('HUP');
    ok($nginx->log_has(qr/\[emerg\].*\Q$path\E/), "$name: the reload says so");
    is(join(' ', $nginx->workers), "@workers", "$name: nothing changes");
    is($client->get('/login/session', token => $token)->{status}, 200,
        "$name: the session goes on");
    restore();
}
is($client->try_login($person->{id_number}, $person->{password})->{status},
    200, 'logins too');
$nginx->reload;
is($client->get('/login/session', token => $token)->{status}, 200,
    'after a reload with the right file');

# At a start.
$nginx->stop;
for my $case (@bad[0, 2, 5]) {
    my ($name, $damage) = @$case;

    $damage->();
    ok(!eval { $nginx->start(refused => 1); 1 }, "$name: no start");
    like($@, qr/\Q$path\E/, "$name: names the file");
    $told .= $@;
    restore();
}

# Unreadable, also for the master; root may read everything, so it is asked
# as another user, who cannot listen as root or become somebody else.
SKIP: {
    skip 'not root', 2 if $> != 0;
    my $dir = $nginx->folder;
    chmod 0644, $civic->redis->password_file;
    system("chown -R nobody $dir && chown root $path && chmod 600 $path") == 0
        or die 'chown failed';
    my $preload = Civic::Nginx::asan() ? 'LD_PRELOAD="$(gcc'
        . ' -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)"'
        . ' ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0' : '';
    my $said = `setpriv --reuid nobody --clear-groups env $preload nginx -p $dir -e $dir/error.log -c @{[ $nginx->conf ]} -t 2>&1`;
    isnt($?, 0, 'unreadable: refused');
    like($said, qr/\Q$path\E.*Permission denied/, 'unreadable: named');
    $told .= $said;
    system("chown -R root $dir") == 0 or die 'chown failed';
}

$nginx->start;
is($client->get('/login/session', token => $token)->{status}, 200,
    'the session outlived it all');
is(scalar(grep { index($told . $nginx->log_text, $_) >= 0 } @secrets), 0,
    'no key in any message');

# Another keyring altogether: old tokens are no sessions any more, people
# cannot be found, and it is said as that, not as a fault.
$nginx->stop;
unlink $path;
$nginx->civicctl('keyring', 'init');
$nginx->start;
is_problem($client->get('/login/session', token => $token), 401,
    'session_expired', 'a token of another keyring');
is($client->try_login($person->{id_number}, $person->{password})->{status},
    401, 'nobody is known under another keyring');
$nginx->stop;
restore();
$nginx->start;
is($client->get('/login/session', token => $token)->{status}, 200,
    'and with the right one all is there');
serves($civic, 'after it all');

finish();

# Photos that wait for the engine, while who looks at them again is killed: in
# the middle of measuring, of making the picture, right after it, and the
# whole nginx at once.  Each ends where it belongs, told once, and none waits
# for ever.

use lib 't/lib';
use Civic::Test;
use Civic::Fault qw(wait_for);
use Civic::Media;
use Civic::Outbound qw(internal);
use Civic::Process;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Time::HiRes qw(sleep);

# What is to become of whose photo; without models staff look at a good one.
my @photos = ([ 'good.jpg', 'review' ], [ 'fails_background.jpg', 'refused' ],
    [ 'good_red.jpg', 'review' ], [ 'good_light_blue.jpg', 'review' ]);

my $media = Civic::Media->start(workers => 2, faces => 0);
my $folder = Civic::Process::folder();
my $port = Civic::Process::port();
my $civic = civic(form => 'single', plugins => [ 'login', 'civic',
    'photo_check' ], blobs => 'shared', workers => 1, people => scalar @photos,
    start => 0, server => "client_max_body_size 8m;\n",
    allow => qr/worker process \d+ exited on signal 9/,
    http => internal({ media => $port }, folder => $folder));
my $nginx = $civic->nginx;
my $rules = $nginx->rules . '/photo_check.lua';

# One turn, so that one which a dead worker kept would be missed at once.
is(system('sed', '-i', '-e', 's/timeout_ms = 10000/timeout_ms = 1000/',
    '-e', 's/timeout = 10000/timeout = 1000/', '-e', 's/turns = 2/turns = 1/',
    '-e', 's/first_pause = 15/first_pause = 1/', $rules), 0,
    'other rules');


# ---- a gate before the engine ----

# Holds the requests whose path has what stands in the file "hold", until the
# file is gone; notes each as "held" or "passed", with its path.
sub note_line {
    open my $file, '>>', "$folder/noted" or die $!;
    syswrite $file, "$_[0]\n";
    return close $file;
}

sub noted {
    open my $file, '<', "$folder/noted" or return;
    my @lines = <$file>;
    return grep { /$_[0]/ } @lines;
}

sub held_word {
    open my $file, '<', "$folder/hold" or return;
    return scalar <$file>;
}

sub forward {
    my ($socket) = @_;
    my $bytes = '';

    while ($bytes !~ /\r\n\r\n/) {
        sysread $socket, $bytes, 65_536, length $bytes or return;
    }
    my ($path) = $bytes =~ m{^\w+ (\S+)};
    my $word = held_word();
    if (defined $word && $path =~ /$word/) {
        note_line("held $path");
        sleep 0.005 while -e "$folder/hold";
    }
    my $engine = IO::Socket::UNIX->new($media->path) or return;
    my ($length) = $bytes =~ /^Content-Length: (\d+)/mi;
    my ($head) = $bytes =~ /^(.*?\r\n\r\n)/s;

    while (length($bytes) < length($head) + ($length // 0)) {
        sysread $socket, $bytes, 65_536, length $bytes or return;
    }
    $bytes =~ s/^Connection:.*?\r\n//mi;
    $bytes =~ s/\r\n/\r\nConnection: close\r\n/;
    for (my $at = 0; $at < length $bytes;) {
        $at += syswrite($engine, $bytes, 65_536, $at) // return;
    }
    while (sysread $engine, my $answer, 65_536) { syswrite $socket, $answer }
    return note_line("passed $path");
}

my $gate = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port,
    Listen => 64, ReuseAddr => 1) or die $!;
Civic::Process::background('gate', sub {
    $SIG{CHLD} = $SIG{PIPE} = 'IGNORE';
    while (1) {
        my $socket = $gate->accept or next;
        next if fork;
        forward($socket);
        close $socket;
        POSIX::_exit(0);
    }
});
close $gate;

sub hold {
    open my $file, '>', "$folder/hold.new" or die $!;
    print {$file} $_[0];
    close $file;
    return rename "$folder/hold.new", "$folder/hold";
}

sub let_go { return unlink "$folder/hold" }


# ---- everybody's photo waits ----

$nginx->start;
$civic->wait_ready;
my $client = $civic->client;
my @tokens = map { $client->login($_->{id_number}, $_->{password}) }
    $civic->people;

hold('measure');
for my $i (0 .. $#photos) {
    my $said = $client->post('/photo-check/photos', token => $tokens[$i],
        body => photo($photos[$i][0]), type => 'image/jpeg',
        headers => { 'Idempotency-Key' => "photo-$i" });

    is($said->{json}{state}, 'checking', "$photos[$i][0] waits")
        or diag($said->{content});
}

sub current {
    my ($i) = @_;

    return $client->get('/photo-check/photos/current', token => $tokens[$i]);
}

sub states { return map { current($_)->{json}{state} } 0 .. $#photos }

sub worker {
    my @now;

    wait_for('a worker', 10, sub { (@now = $nginx->workers) == 1 });
    return $now[0];
}

# Its leases would outlive it by a minute: time that passes here at once.
sub end_leases {
    my $redis = $civic->redis;

    $redis->command('HSET', $_, 'until', 1)
        for $redis->keys('civic:{job:photo_check.work:*}');
    return;
}

sub kill_worker {
    my ($name) = @_;
    my $victim = worker();

    end_leases();
    ok(kill('KILL', $victim), "$name: the worker is killed");
    wait_for('another worker', 10, sub { worker() != $victim });
    $civic->wait_ready(10);
    return;
}

sub caught {
    my ($word) = @_;
    my $before = () = noted("held.*$word");

    hold($word);
    return ok(eval { wait_for("a check at $word", 40,
        sub { noted("held.*$word") > $before }) }, "a check is at $word");
}


# ---- and who looks at them is killed ----

caught('measure');                      # and put off, for nobody answers
for my $stage ('measure', 'process') {
    caught($stage);
    kill_worker("in the middle of $stage");
    is(scalar(grep { /^(?:checking|review|refused)$/ } states()),
        scalar @photos, 'none is lost');
    ok((grep { $_ eq 'checking' } states()) > 0, 'some wait');
    let_go();
}

for my $ms (0, 4) {
    my $before = () = noted('passed.*process');

    last if !grep { $_ eq 'checking' } states();
    wait_for('a picture', 15, sub { noted('passed.*process') > $before });
    sleep $ms / 1000;
    kill_worker("$ms ms after a picture was made");
}

# All of it, with one more in the middle of its check.
hold('measure');
my $again = $client->post('/photo-check/photos', token => $tokens[0],
    body => photo('good_smallest.jpg'), type => 'image/jpeg',
    headers => { 'Idempotency-Key' => 'photo-again' });
is($again->{json}{state}, 'checking', 'one more waits') or
    diag($again->{content});
let_go();
caught('measure');
end_leases();
my @all = ($nginx->pid, worker());
is(kill('KILL', @all), 2, 'master and worker are killed');
$nginx->stop('KILL');
wait_for('their end', 5, sub { !grep { kill 0, $_ } @all });
unlink "$folder/upstreams.sock";        # as docs/upstreams.md has it done
let_go();
$nginx->start;
$civic->wait_ready(10);
$client = $civic->client;


# ---- where they end ----

ok(eval { wait_for('an end', 30, sub {
    !grep { $_ eq 'checking' } states() }) }, 'none waits for ever')
    or diag(join ' ', states());
is_deeply([ states() ], [ map { $_->[1] } @photos ], 'each where it belongs');

for my $i (0 .. $#photos) {
    my $photo = current($i)->{json};
    my @wrong = grep { $_->{result} eq 'refuse' }
        @{ $photo->{report}{criteria} };
    my $name = $photos[$i][0];

    if ($photos[$i][1] eq 'refused') {
        is('fails_' . join(' ', map { $_->{name} } @wrong) . '.jpg', $name,
            "$name: by a report");
        ok(!$photo->{picture_url}, "$name: its picture is shown to nobody");
        next;
    }
    my $picture = $client->get($photo->{picture_url})->{content};

    like($picture, qr/^\xff\xd8\xff.*\xff\xd9$/s, "$name: a whole picture");
    isnt($picture, photo($name), "$name: that the engine made");
    is(scalar @wrong, 0, "$name: with its report");
}

for my $i (0 .. $#photos) {
    my %kinds;

    $kinds{$_->{kind} . ' ' . ($_->{once} // $_->{message_id})}++
        for grep { $_->{kind} =~ /^photo_check/ } @{ $client->get(
            '/civic/messages', token => $tokens[$i])->{json}{messages} || [] };
    cmp_ok(scalar(keys %kinds), '<=', $i == 0 ? 2 : 1,
        "$photos[$i][0]: told once");
}

is($media->stop, 0, 'the engine ends');
finish();

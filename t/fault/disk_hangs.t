# The disk of the blobs hangs: what needs it waits, as many at once as there
# are threads for it, and nothing else does.

use lib 't/lib';
use Civic::Test;
use Civic::Fault qw(send_all answers wait_for gauge settled);
use Civic::Process;
use Time::HiRes qw(sleep time);

my $sign = Civic::Process::folder() . '/hangs';
my $civic = civic(plugins => ['login'], fixtures => ['files'],
    env => { CIVIC_DISK_HANGS => $sign },
    preload => Civic::Nginx::build() . '/t/fault/fixtures/slowdisk.so');
my $nginx = $civic->nginx;
my $client = $civic->client;
my $incoming = $nginx->folder . '/blobs/incoming';
my $token = $client->post('/files/sessions', json => { name => 'somebody' })
    ->{json}{token};
my $put = "PUT /files/more HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    . "Authorization: Bearer $token\r\nContent-Type: image/jpeg\r\n"
    . "Content-Length: 5\r\n\r\nphoto";

# What is written but for the sync: a head, the bytes and their tag.
sub complete { return scalar grep { -s $_ == 32 + 5 + 16 } glob "$incoming/*" }

my ($first) = answers(15, send_all($civic, $put));
is($first->{status}, 200, 'an upload');

open my $file, '>', $sign or die "$sign: $!";
close $file;
my @uploads = send_all($civic, ($put) x 6);
ok(eval { wait_for('syncs', 5, sub { complete() == 4 }) },
    'four uploads are synced at once');
ok(eval { wait_for('the metrics', 5,
    sub { gauge($civic, 'civic_disk_pending') == 6 }) },
    'the metrics tell how many wait');
is(complete(), 4, 'and no more than four');

my $begin = time;
is($client->post('/login/captchas', json => {})->{status}, 200,
    'a picture is drawn meanwhile');
cmp_ok(time - $begin, '<', 10, 'at once');

unlink $sign or die "$sign: $!";
is((grep { $_->{status} == 200 } answers(20, @uploads)), 6,
    'then the uploads are answered');
settled($civic, 'the disk is back');

finish();
